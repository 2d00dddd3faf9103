/** How a region is left, beside returns to a caller: an index into the counters at REGION_EXITS, and part of the words at LEAVES. */
export const Way = {
  /** To an instruction outside of it. */
  outside: 0,
  /** To an instruction of its own that the interpreter has to do this time. */
  interpreter: 1,
  /** The same, for the instruction that it was entered at. */
  entry: 2,
  /** To an EIP that was computed. */
  indirect: 3,
  /** With the monitor looking at events first. */
  events: 4,
  /** The budget is used up; or the interpreter has to do an instruction, and it will be no different in another translation. */
  budget: 5,
} as const;
export type Way = (typeof Way)[keyof typeof Way];

/** A word at LEAVES, for ways up to `indirect`: the way in the upper bits, the offset of the instruction in the lower ones. */
export const OFFSET_BITS = 28;
export function readLeaveWord(word: number): { way: number; offset: number } {
  return { way: word >>> OFFSET_BITS, offset: (word << (32 - OFFSET_BITS)) >> (32 - OFFSET_BITS) };
}
