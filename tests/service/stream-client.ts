/** A plain WebSocket client that keeps what it got, for tests to wait for. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";

export interface Refused {
  status: number;
  headers: IncomingMessage["headers"];
  body: { code: string; status: number };
}

interface Offer {
  subprotocol?: string;
  token?: string;
  headers?: Record<string, string>;
}

function connect(url: string, { subprotocol, token, headers }: Offer): WebSocket {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return new WebSocket(url.replace(/^http/, "ws"), subprotocol ?? [], { headers: { ...authorization, ...headers } });
}

/** What a refused upgrade is answered with. */
export async function refusedUpgrade(url: string, offer: Offer = {}): Promise<Refused> {
  const socket = connect(url, offer);
  socket.on("error", () => {});
  const answer = await Promise.race([
    once(socket, "unexpected-response") as Promise<[unknown, IncomingMessage]>,
    once(socket, "open").then(() => Promise.reject(new Error("the upgrade was accepted"))),
  ]);
  const response = answer[1];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const body = JSON.parse(Buffer.concat(parts).toString()) as Refused["body"];
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

export class StreamClient {
  readonly controls: Record<string, unknown>[] = [];
  closed: { code: number; reason: string } | null = null;
  /** Bytes of all binary frames. */
  length = 0;
  private parts: Buffer[] = [];
  private changed = () => {};

  private constructor(readonly socket: WebSocket) {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.take(data);
      else this.controls.push(JSON.parse(data.toString()) as Record<string, unknown>);
      this.changed();
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.changed();
    });
    socket.on("error", () => {});
  }

  static async open(url: string, offer: Offer = {}): Promise<StreamClient> {
    const client = new StreamClient(connect(url, offer));
    await once(client.socket, "open");
    return client;
  }

  get text(): string {
    return Buffer.concat(this.parts).toString("latin1");
  }

  private take(data: Buffer): void {
    this.length += data.length;
    // A flood is counted, not kept.
    if (this.length <= 1024 * 1024) this.parts.push(data);
  }

  /** Waits for frames until `look` answers something. */
  async until<T>(look: () => T | null | undefined | false): Promise<T> {
    for (;;) {
      const seen = look();
      if (seen) return seen;
      if (this.closed) throw new Error(`closed with ${this.closed.code} ${this.closed.reason}; controls: ${JSON.stringify(this.controls)}`);
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  control(type: string, fields: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const fits = (control: Record<string, unknown>) =>
      control.type === type && Object.entries(fields).every(([name, value]) => control[name] === value);
    return this.until(() => this.controls.find(fits));
  }

  async end(): Promise<{ code: number; reason: string }> {
    if (!this.closed) await once(this.socket, "close");
    return this.closed ?? { code: 0, reason: "" };
  }

  close(): void {
    this.socket.close();
  }
}
