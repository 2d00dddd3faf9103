/** What a person on a terminal typed, taken apart: keys for the guest, and what is meant for this side. As in ssh, a tilde counts at the beginning of a line. */
export type Wish = "leave" | "help" | "take over";

const TILDE = 0x7e;
const lineEnds = [0x0d, 0x0a];
const wishes: Record<string, Wish> = { ".": "leave", "?": "help", t: "take over" };

export const keysHelp = `~.   leave the console; the machine runs on
~t   take the keyboard over from whoever has it
~~   type a tilde
~?   this
A tilde counts at the beginning of a line, behind Enter.
`;

export class ConsoleKeys {
  private lineBegins = true;
  private escaped = false;

  /** Calls for each run of keys and each wish, in the order in which they were typed. */
  read(typed: Uint8Array, keys: (keys: Uint8Array) => void, wish: (wish: Wish) => void): void {
    let pending: number[] = [];
    const flush = () => {
      if (pending.length > 0) keys(Uint8Array.from(pending));
      pending = [];
    };
    for (const byte of typed) {
      if (this.escaped) {
        this.escaped = false;
        const meant = wishes[String.fromCharCode(byte)];
        if (meant !== undefined) {
          flush();
          wish(meant);
          continue;
        }
        // The tilde was the guest's after all; a second one is not typed twice.
        pending.push(TILDE);
        this.lineBegins = false;
        if (byte === TILDE) continue;
      } else if (byte === TILDE && this.lineBegins) {
        this.escaped = true;
        continue;
      }
      pending.push(byte);
      this.lineBegins = lineEnds.includes(byte);
    }
    flush();
  }
}
