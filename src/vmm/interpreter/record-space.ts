import { RECORDS, RECORDS_END } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { Special } from "./handlers.js";
import { RECORD_SIZE, Rec } from "./record.js";

/** From one address to another, excluded. */
interface Span {
  readonly start: number;
  end: number;
}

/** Spans of fewer bytes are not worth being handed out. */
const SMALLEST = 16 * 2 ** 10;

/** So many bytes are taken into use at a time; or rather used again, if so many have been given back: what was touched once is resident for good. */
const STEP = 4 * 2 ** 20;

/**
 * The memory that records lie in. It is handed out in order; what is given back stays as it is until `reclaim`, at a moment when nobody is about to use a
 * record that is gone.
 */
export class RecordSpace {
  private next = RECORDS;
  private limit = RECORDS;
  /** End of what is in use. */
  private frontier = RECORDS;
  private free: Span[] = [];
  private dead: Span[] = [];
  private deadBytes = 0;

  /** @param room bytes that whoever asks for room may take */
  constructor(
    private readonly state: Pick<CpuState, "u16">,
    private readonly room: number,
  ) {}

  /**
   * Sees to it that there are `room` bytes in one piece, which need not lie behind what was taken before. False: there aren't, and `reclaim` must be called
   * first.
   */
  hasRoom(): boolean {
    while (this.next + this.room > this.limit) {
      const span = this.free.pop();
      if (span) this.goOnIn(span);
      else if (this.deadBytes >= STEP || !this.extend()) return false;
    }
    return true;
  }

  /** Address behind all records. */
  get end(): number {
    return this.limit === this.frontier ? this.next : this.frontier;
  }
  /** Address of what is taken next. */
  get position(): number {
    return this.next;
  }
  /** Takes so many bytes, right behind the last ones. Only of what `hasRoom` has seen to. */
  take(bytes: number): number {
    const address = this.next;
    this.next += bytes;
    return address;
  }

  /** What lies there will not be used any more behind the next `reclaim`. */
  release(start: number, end: number): void {
    this.deadBytes += end - start;
    const last = this.dead.at(-1);
    if (last?.end === start) last.end = end;
    else this.dead.push({ start, end });
  }

  /** Makes room of what was given back, if half a step of it lies in large pieces, or else of what has never been used. False: there is none of that either. */
  reclaim(): boolean {
    const spans: Span[] = [];
    for (const { start, end } of this.dead.sort((a, b) => a.start - b.start)) {
      const last = spans.at(-1);
      if (last?.end === start) last.end = end;
      else spans.push({ start, end });
    }
    const large = spans.filter(isLarge).reverse();
    const bytes = bytesOf(large);
    if (bytes < STEP / 2) return this.extend();
    this.free.push(...large);
    this.dead = spans.filter((span) => !isLarge(span));
    this.deadBytes -= bytes;
    return true;
  }

  /** All of it is free. */
  clear(): void {
    this.next = RECORDS;
    this.limit = RECORDS;
    this.frontier = RECORDS;
    this.free = [];
    this.dead = [];
    this.deadBytes = 0;
  }

  /** Takes more into use. False: there is no more. */
  private extend(): boolean {
    const start = this.frontier;
    if (start >= RECORDS_END) return false;
    this.frontier = Math.min(start + STEP, RECORDS_END);
    if (this.limit === start) this.limit = this.frontier;
    else this.goOnIn({ start, end: this.frontier });
    return true;
  }
  private goOnIn({ start, end }: Span): void {
    // What is left over is gone, too.
    for (let record = this.next; record < this.limit; record += RECORD_SIZE) this.state.u16[(record + Rec.handler) >> 1] = Special.redecode;
    if (this.next < this.limit) this.release(this.next, this.limit);
    this.next = start;
    this.limit = end;
  }
}

function isLarge({ start, end }: Span): boolean {
  return end - start >= SMALLEST;
}
function bytesOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}
