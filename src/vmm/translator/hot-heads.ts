import { RECORDS, RECORDS_END } from "../cpu/layout.js";
import { RECORD_SIZE } from "../interpreter/record.js";

/** Counts how often execution was seen at a record, and tells once when that has been often enough. */
export class HotHeads {
  private readonly counts = new Uint8Array((RECORDS_END - RECORDS) / RECORD_SIZE);

  /** @param threshold 1 to 255 */
  constructor(private readonly threshold: number) {}

  /** True when the record has become hot just now. */
  note(record: number): boolean {
    const i = (record - RECORDS) / RECORD_SIZE;
    if (this.counts[i] === this.threshold) return false;
    return ++this.counts[i] === this.threshold;
  }

  clear(): void {
    this.counts.fill(0);
  }
}
