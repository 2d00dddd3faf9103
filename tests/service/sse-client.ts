import { get, type IncomingMessage } from "node:http";

/** Server-sent events as they come; `next` waits for the first that fits. */
export class SseClient {
  private text = "";
  private changed = () => {};

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding("utf8");
    response.on("data", (data: string) => {
      this.text += data;
      this.changed();
    });
    response.on("error", () => {});
  }

  static open(url: string, headers: Record<string, string>): Promise<SseClient> {
    return new Promise((resolve, reject) => {
      get(url, { headers }, (response) => resolve(new SseClient(response))).on("error", reject);
    });
  }

  get events(): { id: string; data: Record<string, unknown> }[] {
    return [...this.text.matchAll(/id: (\d+)\ndata: (.*)\n\n/g)].map(([, id, data]) => ({ id, data: JSON.parse(data) }));
  }

  /** Waits for all that has come so far to be as it should. */
  async until(fits: (text: string) => boolean): Promise<void> {
    while (!fits(this.text)) {
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  async next(fits: (data: Record<string, unknown>) => boolean) {
    const found = () => this.events.find(({ data }) => fits(data));
    await this.until(() => found() !== undefined);
    return found() as { id: string; data: Record<string, unknown> };
  }

  close(): void {
    this.response.destroy();
  }
}
