import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Bytes of one segment. The newest three are kept, so at least twice this. */
const segmentBytes = 256 * 1024;
const segmentsKept = 3;
const nameDigits = 16;

/**
 * Scrollback on disk: a folder of segments, each named by the offset of its first byte. Written at once and in place, so that a worker that is killed loses
 * nothing and offsets go on where they were. Synchronous on purpose: it is a copy to the page cache, and order matters more than a few microseconds.
 */
export class ScrollbackFile {
  private descriptor: number | null = null;
  /** Offset behind the last byte that was written. */
  private next: number;
  private begin: number;

  constructor(private readonly folder: string) {
    const newest = this.segments().at(-1);
    this.begin = newest ?? 0;
    this.next = newest === undefined ? 0 : newest + readFileSync(this.path(newest)).length;
  }

  /** What is kept, and the offset behind it. */
  load(): { bytes: Buffer; end: number } {
    const parts: Buffer[] = [];
    let end: number | null = null;
    for (const offset of this.segments()) {
      // A gap means that what comes before it isn't adjoining scrollback.
      if (end !== null && end !== offset) parts.length = 0;
      const bytes: Buffer = readFileSync(this.path(offset));
      parts.push(bytes);
      end = offset + bytes.length;
    }
    return { bytes: Buffer.concat(parts), end: end ?? 0 };
  }

  /** @throws the file system's error (disk full ...); nothing is lost but these bytes on disk */
  append(bytes: Uint8Array): void {
    if (this.descriptor === null || this.next - this.begin >= segmentBytes) this.nextSegment();
    if (this.descriptor === null) return;
    for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
    this.next += bytes.length;
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private nextSegment(): void {
    this.close();
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (this.next - this.begin >= segmentBytes) this.begin = this.next;
    this.descriptor = openSync(this.path(this.begin), "a", 0o600);
    for (const old of this.segments().slice(0, -segmentsKept)) rmSync(this.path(old), { force: true });
  }

  private segments(): number[] {
    try {
      const names = readdirSync(this.folder).filter((name) => /^\d+\.log$/.test(name));
      return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  private path(offset: number): string {
    return join(this.folder, `${String(offset).padStart(nameDigits, "0")}.log`);
  }
}
