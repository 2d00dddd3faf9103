import type { ReadStream } from "node:tty";

const CTRL_A = 0x01;

/** What a person on a terminal typed, taken apart: keys for the guest, and the wish to leave. */
export class EscapeKeys {
  private escaped = false;

  /** Ctrl-A x leaves, Ctrl-A Ctrl-A (or Ctrl-A a) is Ctrl-A for the guest; Ctrl-A before anything else is dropped. */
  read(typed: Uint8Array): { keys: Uint8Array; leave: boolean } {
    const keys: number[] = [];
    for (const byte of typed) {
      if (!this.escaped) {
        if (byte === CTRL_A) this.escaped = true;
        else keys.push(byte);
        continue;
      }
      this.escaped = false;
      const key = String.fromCharCode(byte);
      if (key === "x" || key === "X") return { keys: Uint8Array.from(keys), leave: true };
      keys.push(byte === CTRL_A || key === "a" ? CTRL_A : byte);
    }
    return { keys: Uint8Array.from(keys), leave: false };
  }
}

/** Every key goes to the guest while `raw`, Ctrl-C too. Restored by the process's end as well, so that no terminal is left unusable. */
export function rawTerminal(input: ReadStream): () => void {
  const restore = () => {
    input.setRawMode(false);
  };
  input.setRawMode(true);
  process.once("exit", restore);
  return () => {
    process.off("exit", restore);
    restore();
  };
}
