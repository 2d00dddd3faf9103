import type { Descriptor } from "./descriptors.js";
import { RECENT_LOAD_SLOTS, RECENT_LOADS, SEGMENT, SEGMENT_SIZE, Seg } from "./layout.js";
import type { CpuState } from "./state.js";

export const RECENT_SIZE_SHIFT = 6;
/** Fields of an entry: selector and CPL, the descriptor's two doublewords, then a segment register's hidden part as it lies behind its selector. */
export const Recent = { key: 0, low: 4, high: 8, hidden: 12 } as const;
export const HIDDEN_SIZE = SEGMENT_SIZE - Seg.base;
/** Where CPL stands in the key. */
export const RECENT_CPL_SHIFT = 16;

/**
 * Remembers what segment register `n` (ES, DS, FS, GS) has just been loaded with: emitted code (isa/segment-load.ts) does the same load again
 * without the checks. What a load makes of a descriptor depends on the selector, CPL and the eight bytes in memory alone; these are compared at
 * every load, so that no table needs to be traced, and nothing is to be forgotten when one moves. The bytes are those with the accessed bit set.
 */
export function rememberLoad(state: CpuState, n: number, selector: number, cpl: number, d: Descriptor): void {
  const slot = RECENT_LOADS + (((selector >>> 3) % RECENT_LOAD_SLOTS) << RECENT_SIZE_SHIFT);
  state.set(slot + Recent.key, selector | (cpl << RECENT_CPL_SHIFT));
  state.set(slot + Recent.low, d.low);
  state.set(slot + Recent.high, d.high);
  const hidden = SEGMENT + n * SEGMENT_SIZE + Seg.base;
  state.u8.copyWithin(slot + Recent.hidden, hidden, hidden + HIDDEN_SIZE);
}
