/** What a terminal of 80 by 24 shows after what was sent to it: text and its background colours, as far as the installer's dialogs use them (ECMA-48). */
const COLUMNS = 80;
const ROWS = 24;

interface Cell {
  sign: string;
  /** SGR 40 to 47. */
  background: number;
}

export class Screen {
  private readonly rows: Cell[][] = Array.from({ length: ROWS }, () => blankRow());
  private row = 0;
  private column = 0;
  private background = 40;
  private inserting = false;

  constructor(sent: string) {
    for (let at = 0; at < sent.length; ) at = this.take(sent, at);
  }

  get text(): string {
    return this.rows.map((row) => row.map(({ sign }) => sign).join("")).join("\n");
  }

  /** All that has a background, as one text. */
  on(background: number): string {
    const cells = this.rows.flat().filter((cell) => cell.background === background);
    return cells
      .map(({ sign }) => sign)
      .join("")
      .trim();
  }

  /** Takes one sign or sequence; the index of what follows it. */
  private take(sent: string, at: number): number {
    const sign = sent[at];
    switch (sign) {
      case "\x1b":
        return this.escape(sent, at + 1);
      case "\r":
        this.column = 0;
        break;
      case "\n":
        this.lineFeed();
        break;
      case "\b":
        this.column = Math.max(0, this.column - 1);
        break;
      default:
        if (sign >= " ") this.print(sign);
    }
    return at + 1;
  }

  private escape(sent: string, at: number): number {
    // A character set takes one sign more.
    if (sent[at] === "(" || sent[at] === ")") return at + 2;
    if (sent[at] !== "[") return at + 1;
    let end = at + 1;
    while (end < sent.length && sent[end] < "@") end++;
    const words = sent.slice(at + 1, end);
    if (!words.startsWith("?")) this.control(sent[end], words === "" ? [] : words.split(";").map(Number));
    return end + 1;
  }

  private control(final: string, words: number[]): void {
    const [first = 0, second = 0] = words;
    const count = Math.max(1, first);
    if (final === "H") this.move(count - 1, Math.max(1, second) - 1);
    else if (final === "A") this.move(this.row - count, this.column);
    else if (final === "B") this.move(this.row + count, this.column);
    else if (final === "C") this.move(this.row, this.column + count);
    else if (final === "D") this.move(this.row, this.column - count);
    else if (final === "J" || final === "K") this.erase(final, first);
    else if (final === "h" || final === "l") this.inserting = first === 4 ? final === "h" : this.inserting;
    else if (final === "m") for (const word of words.length === 0 ? [0] : words) this.colour(word);
  }

  private colour(word: number): void {
    if (word === 0 || word === 49) this.background = 40;
    else if (word >= 40 && word <= 47) this.background = word;
  }

  private move(row: number, column: number): void {
    this.row = Math.min(ROWS - 1, Math.max(0, row));
    this.column = Math.min(COLUMNS - 1, Math.max(0, column));
  }

  /** From the cursor on (0), up to it (1), or all (2): of the line (K) or the screen (J). */
  private erase(what: "J" | "K", how: number): void {
    const cursor = this.row * COLUMNS + this.column;
    const [start, end] = what === "J" ? [0, ROWS * COLUMNS] : [this.row * COLUMNS, (this.row + 1) * COLUMNS];
    const from = how === 0 ? cursor : start;
    const to = how === 1 ? cursor + 1 : end;
    for (let at = from; at < to; at++) this.rows[Math.floor(at / COLUMNS)][at % COLUMNS] = { sign: " ", background: this.background };
  }

  private print(sign: string): void {
    // Behind the last column the next sign begins a line.
    if (this.column === COLUMNS) {
      this.column = 0;
      this.lineFeed();
    }
    const cells = this.rows[this.row];
    cells.splice(this.column, this.inserting ? 0 : 1, { sign, background: this.background });
    cells.length = COLUMNS;
    this.column++;
  }

  private lineFeed(): void {
    if (this.row < ROWS - 1) this.row++;
    else {
      this.rows.shift();
      this.rows.push(blankRow());
    }
  }
}

function blankRow(): Cell[] {
  return Array.from({ length: COLUMNS }, () => ({ sign: " ", background: 40 }));
}
