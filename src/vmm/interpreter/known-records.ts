import type { CpuState } from "../cpu/state.js";
import { RECORD_SIZE, Rec } from "./record.js";

const SLOTS = 4096;
const WORDS = RECORD_SIZE >> 2;
/** Instructions of more bytes are not remembered. */
const LONGEST = 4;

/**
 * Records of short instructions that have been decoded before, by their bytes: code that is written all the time is made of the same few. With
 * them it takes 54 ns to make a record of such code, without 80.
 */
export class KnownRecords {
  private readonly bytes = new Int32Array(SLOTS);
  /** Of length 0, where a slot is empty. */
  private readonly records = new Int32Array(SLOTS * WORDS);

  constructor(private readonly state: Pick<CpuState, "i32" | "u8">) {}

  /**
   * Copies the record for what begins with these four bytes, if it is known.
   * @param mode its number
   * @returns length of the instruction; 0: not known
   */
  copy(bytes: number, mode: number, record: number, offset: number, position: number): number {
    const slot = slotOf(bytes, mode);
    if (this.bytes[slot] !== bytes) return 0;
    const { records } = this;
    const { i32 } = this.state;
    const from = slot * WORDS;
    const to = record >> 2;
    for (let word = 0; word < WORDS; word++) i32[to + word] = records[from + word];
    i32[to + (Rec.offset >> 2)] |= offset;
    i32[to + (Rec.position >> 2)] = position;
    return (records[from + (Rec.handler >> 2)] >> 16) & 0xff;
  }

  /** This is the record for what begins with these four bytes. */
  learn(bytes: number, mode: number, record: number): void {
    if (this.state.u8[record + Rec.length] > LONGEST) return;
    const slot = slotOf(bytes, mode);
    this.bytes[slot] = bytes;
    const from = record >> 2;
    this.records.set(this.state.i32.subarray(from, from + WORDS), slot * WORDS);
    // Where it stands is another's.
    this.records[slot * WORDS + (Rec.offset >> 2)] &= ~0xffff;
  }
}

/** Of the same bytes in another mode it is another: what modes differ by is in the top byte, and so is an odd multiple of that, which the slot has whole. */
function slotOf(bytes: number, mode: number): number {
  return Math.imul(bytes ^ (mode << 24), 0x9e37_79b1) >>> (Math.clz32(SLOTS) + 1);
}
