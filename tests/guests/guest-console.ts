/** The serial console of a guest, by a WebSocket, as a person uses it; and the shell of debian-mini on it. */
import type { Served } from "../service/served.js";
import { StreamClient } from "../service/stream-client.js";

/** The prompt of debian-mini's shell, with nothing after it yet. */
const PROMPT = /debian-mini:\S*# $/;
/**
 * Counts aloud, until Ctrl-C. In a shell of its own, so that Ctrl-C finds one group of processes: at the very moment between two commands of a loop,
 * mksh misses it.
 */
export const COUNTING = "sh -c 'while sleep 0.1; do echo tick $((i+=1)); done'";
/** A boot takes some ten seconds, and a minute or two where the processors are shared: whoever waits longer waits in vain. */
const HANG_MS = 240_000;
/** For a test that waits once. */
export const HANG_TEST_MS = HANG_MS + 60_000;

export class GuestConsole {
  /** How much of the text has been waited for. */
  private read = 0;

  private constructor(readonly stream: StreamClient) {}

  /** @param query of the console's URL, like `from=end` */
  static async open(served: Served, vmId: string, role: "viewer" | "writer", query = ""): Promise<GuestConsole> {
    const { body } = await served.request("POST", `/v1/vms/${vmId}/tickets`, { stream: "console", role });
    const { url } = body as { url: string };
    return new GuestConsole(await StreamClient.open(`${url}&${query}`, { subprotocol: "console.v1" }));
  }

  /** Without XON and XOFF: the guest asks for a pause when much is pasted; this client does not heed that, and nothing may be lost for it. */
  get text(): string {
    return this.stream.text.replaceAll("\x11", "").replaceAll("\x13", "");
  }

  /** What came since the last wait, up to and with what is waited for. */
  async until(awaited: string | RegExp): Promise<string> {
    const seen = await this.waitFor(String(awaited), (text) => upTo(awaited, text.slice(this.read)));
    this.read += seen.length;
    return seen;
  }

  /** Looks at all that came, whenever more has come, until `look` answers something. */
  async waitFor<T>(what: string, look: (text: string) => T | null | false): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const hung = new Promise<never>((_resolve, reject) => {
      const complain = () => reject(new Error(`${what} did not come; the console ends with\n${this.text.slice(-2000)}`));
      timer = setTimeout(complain, HANG_MS);
    });
    try {
      return await Promise.race([hung, this.stream.until(() => look(this.text))]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What came so far is not waited for any more. */
  discard(): void {
    this.read = this.text.length;
  }

  prompt(): Promise<string> {
    return this.until(PROMPT);
  }

  type(keys: string): void {
    this.stream.socket.send(Buffer.from(keys, "latin1"));
  }

  /** Types a line at the prompt; what the command prints, with plain newlines. */
  async run(line: string): Promise<string> {
    this.type(`${line}\r`);
    const echoed = (await this.prompt()).replaceAll("\r", "");
    return echoed.slice(echoed.indexOf("\n") + 1).replace(PROMPT, "");
  }
}

function upTo(awaited: string | RegExp, text: string): string | null {
  const at = typeof awaited === "string" ? text.indexOf(awaited) : text.search(awaited);
  if (at < 0) return null;
  const length = typeof awaited === "string" ? awaited.length : (awaited.exec(text)?.[0].length ?? 0);
  return text.slice(0, at + length);
}
