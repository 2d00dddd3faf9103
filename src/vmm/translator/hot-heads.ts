import { PAGE_SIZE, RECORDS, RECORDS_END } from "../cpu/layout.js";
import type { CodeMode } from "../interpreter/predecoder.js";
import { RECORD_SIZE } from "../interpreter/record.js";
import type { X87Shape } from "./region-x87.js";

/** A record at which execution is often seen, the host address of its bytes, and the linear one (of one of its mappings). */
export interface Head {
  readonly record: number;
  readonly address: number;
  readonly linear: number;
  readonly mode: CodeMode;
  /** TOP and tags. */
  readonly x87: X87Shape;
  readonly mxcsr: number;
}

const MOST = 0xff;

function slot(record: number): number {
  return (record - RECORDS) / RECORD_SIZE;
}

/**
 * What to translate next. Each look at where execution is counts for the record found there; from a threshold on it is a candidate. Translating is far
 * slower than finding candidates, and a loop has as many of them as it has jump targets: so the hottest come first, one of a page at a time,
 * those that a new region contains are forgotten, and those that wait cool down.
 */
export class HotHeads {
  private readonly counts = new Uint8Array((RECORDS_END - RECORDS) / RECORD_SIZE);
  private readonly candidates = new Map<number, Head>();
  /** Slots with a count. */
  private readonly warm = new Set<number>();

  /** @param threshold 1 to 255 */
  constructor(private readonly threshold: number) {}

  /** Execution was seen at a record. True: often enough for a candidate, and it is none yet. */
  seen(record: number): boolean {
    const { counts } = this;
    const i = slot(record);
    if (counts[i] === 0) this.warm.add(i);
    if (counts[i] < MOST) counts[i]++;
    return this.isHot(record);
  }
  isHot(record: number): boolean {
    return this.counts[slot(record)] >= this.threshold && !this.candidates.has(record);
  }
  propose(head: Head): void {
    this.candidates.set(head.record, head);
  }

  /** Takes up to `most` of the hottest. */
  take(most: number): Head[] {
    if (this.candidates.size === 0) return [];
    const pages = new Set<number>();
    const taken: Head[] = [];
    const hottest = [...this.candidates.values()].sort((a, b) => this.counts[slot(b.record)] - this.counts[slot(a.record)]);
    for (const head of hottest) {
      const page = head.address - (head.address % PAGE_SIZE);
      if (taken.length < most && !pages.has(page)) {
        pages.add(page);
        taken.push(head);
        this.forget(head);
      } else this.cool(head);
    }
    return taken;
  }

  /** Takes the other candidates of a page at offsets that `wanted` says yes to. */
  takeFrom(page: number, wanted: (offset: number) => boolean): Head[] {
    const taken = [...this.candidates.values()].filter(
      ({ address }) => address - (address % PAGE_SIZE) === page && wanted(address % PAGE_SIZE),
    );
    for (const head of taken) this.forget(head);
    return taken;
  }

  /** A region of this page has been made, with blocks at these offsets in it. */
  covered(page: number, offsets: ReadonlySet<number>): void {
    for (const head of this.candidates.values()) {
      const offset = head.address % PAGE_SIZE;
      if (head.address - offset === page && offsets.has(offset)) this.forget(head);
    }
  }

  /**
   * The guest has come to rest: every count falls by an eighth. What runs for a moment between two rests, as timer interrupts do, is never hot,
   * however long that goes on: its translations would not stay in the processor's caches, and were measured to cost a third more.
   */
  rest(): void {
    for (const i of this.warm) {
      this.counts[i] -= (this.counts[i] + 7) >> 3;
      if (this.counts[i] === 0) this.warm.delete(i);
    }
  }

  /** These records are about to become others. */
  forgetGone(isGone: (record: number) => boolean): void {
    for (const record of this.candidates.keys()) if (isGone(record)) this.candidates.delete(record);
    for (const i of this.warm) {
      if (!isGone(RECORDS + i * RECORD_SIZE)) continue;
      this.counts[i] = 0;
      this.warm.delete(i);
    }
  }

  clear(): void {
    this.counts.fill(0);
    this.candidates.clear();
    this.warm.clear();
  }

  private forget({ record }: Head): void {
    this.candidates.delete(record);
    this.counts[slot(record)] = 0;
  }
  private cool(head: Head): void {
    const i = slot(head.record);
    this.counts[i] -= this.counts[i] >> 3;
    if (this.counts[i] < this.threshold >> 1) this.forget(head);
  }
}
