/** The text of a console, as far as nobody has waited for it yet. */
export interface Found {
  /** What came before it. */
  before: string;
  match: string;
  /** Of a regular expression. */
  groups: readonly (string | undefined)[];
}

/** Characters that are kept. What is waited for is looked for in them again with each byte that comes. */
const most = 256 * 1024;

export class Transcript {
  private decoder = new TextDecoder();
  private kept = "";

  get text(): string {
    return this.kept;
  }

  add(bytes: Uint8Array): void {
    this.kept += this.decoder.decode(bytes, { stream: true });
    if (this.kept.length > most) this.kept = this.kept.slice(-most);
  }

  /** Bytes are missing here: what comes next is not the rest of a character. */
  interrupt(): void {
    this.decoder = new TextDecoder();
  }

  /** Takes all up to the first occurrence, with it. */
  take(pattern: string | RegExp): Found | null {
    const found = typeof pattern === "string" ? this.literal(pattern) : this.expression(pattern);
    if (found !== null) this.kept = this.kept.slice(found.before.length + found.match.length);
    return found;
  }

  takeAll(): string {
    const text = this.kept;
    this.kept = "";
    return text;
  }

  private literal(pattern: string): Found | null {
    const at = this.kept.indexOf(pattern);
    return at < 0 ? null : { before: this.kept.slice(0, at), match: pattern, groups: [] };
  }

  private expression(pattern: RegExp): Found | null {
    // With these flags an expression remembers where it was.
    const found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(this.kept);
    return found && { before: this.kept.slice(0, found.index), match: found[0], groups: found.slice(1) };
  }
}
