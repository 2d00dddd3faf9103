import { ConsoleError } from "./errors.js";
import type { Mark } from "./shell-line.js";

/** Characters of output that are kept. */
const most = 16 * 1024 * 1024;

/** Finds a command's output and exit code in what a console shows: between two marks. */
export class ShellOutput {
  /** null until the command has ended. */
  exitCode: number | null = null;
  output = "";
  private began = false;
  private pending = "";
  private readonly decoder = new TextDecoder();

  constructor(
    private readonly begin: Mark,
    private readonly end: Mark,
    private readonly tell: (text: string) => void = () => {},
  ) {}

  /** @throws ConsoleError when it is more than can be kept */
  add(bytes: Uint8Array): void {
    if (this.exitCode !== null) return;
    this.pending += this.decoder.decode(bytes, { stream: true });
    if (!this.began && !this.findBegin()) return;
    const found = new RegExp(`${this.end.printed}:(\\d+):`).exec(this.pending);
    if (found) {
      this.take(found.index);
      this.exitCode = Number(found[1]);
      return;
    }
    const certain = beginningOf(this.end.printed, this.pending);
    // The newline of a carriage return may be on its way.
    this.take(this.pending[certain - 1] === "\r" ? certain - 1 : certain);
  }

  private findBegin(): boolean {
    const line = `${this.begin.printed}\r\n`;
    const at = this.pending.indexOf(line);
    if (at < 0) {
      this.pending = this.pending.slice(-line.length);
      return false;
    }
    this.pending = this.pending.slice(at + line.length);
    this.began = true;
    return true;
  }

  /** With the newlines that the command printed: the terminal's driver puts a carriage return before each. */
  private take(length: number): void {
    const text = this.pending.slice(0, length).replaceAll("\r\n", "\n");
    this.pending = this.pending.slice(length);
    this.output += text;
    if (this.output.length > most) throw new ConsoleError(`the command printed more than ${most} characters: write them to a file instead`);
    if (text !== "") this.tell(text);
  }
}

/** Where the mark begins in the text, or may have begun at its end; else the text's length. */
function beginningOf(printed: string, text: string): number {
  const whole = text.indexOf(printed);
  if (whole >= 0) return whole;
  let length = Math.min(printed.length - 1, text.length);
  while (!text.endsWith(printed.slice(0, length))) length--;
  return text.length - length;
}
