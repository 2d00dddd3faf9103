/**
 * Holds every line of a soaking machine's console against what it must be: checksums of rows, the talk in its order, and what was typed coming back. Anything
 * else (a kernel's complaint, a line with a byte missing) is a difference as well.
 */
import { type Row, readRowLine } from "../suite/row.js";
import { talkText } from "./talk.js";

const READY = "bench ready";

export class Listener {
  readonly differences: string[] = [];
  rows = 0;
  said = 0;
  heard = 0;
  private ready = false;

  /**
   * @param expected rows as the host's own processor ran them
   * @param type writes to the guest's console
   */
  constructor(
    private readonly expected: readonly Row[],
    private readonly type: (text: string) => void,
  ) {}

  hear(line: string): void {
    if (!this.ready) {
      // Before that the kernel talks.
      this.ready = line === READY;
      return;
    }
    const [word, rest] = [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)];
    if (word === "said") this.takeTalk(rest);
    else if (word === "heard") this.takeEcho(rest);
    else this.takeRow(line);
  }

  private takeTalk(rest: string): void {
    const due = `${this.said} ${talkText(this.said)}`;
    if (rest !== due) this.differences.push(`said "${rest}" and not "${due}"`);
    // The terminal has been told by now not to echo: the first line may be typed.
    if (this.said === 0) this.typeNext();
    this.said++;
  }

  private takeEcho(rest: string): void {
    const due = talkText(this.heard);
    if (rest !== due) this.differences.push(`heard "${rest}" and not "${due}"`);
    this.heard++;
    this.typeNext();
  }

  private typeNext(): void {
    this.type(`${talkText(this.heard)}\n`);
  }

  private takeRow(line: string): void {
    const found = readRowLine(line);
    if (found?.kind !== "row") {
      this.differences.push(`unexpected: ${line}`);
      return;
    }
    this.rows++;
    const { name, units, checksum } = found.row;
    const native = this.expected.find((row) => row.name === name && row.units === units);
    if (native?.checksum !== checksum) this.differences.push(`${name}: checksum ${checksum}, natively ${native?.checksum ?? "none"}`);
  }
}
