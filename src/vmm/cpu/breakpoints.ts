import { DR } from "./layout.js";
import type { CpuState } from "./state.js";

/** DR7 (SDM vol. 3, 17.2.4): an enable pair L, G, an R/W field and a LEN field for each of DR0-DR3. */
export const DR7 = DR + 8 * 7;

export const BREAKPOINTS = 4;

/** What may meet a breakpoint, as a set of R/W fields. Field 2 stands for I/O, and only with CR4.DE. */
export const Meets = { execution: 1 << 0, write: (1 << 1) | (1 << 3), io: 1 << 2, read: 1 << 3 } as const;

/** LEN 2 is eight bytes, as on the processors of the family announced. */
const LENGTHS = [1, 2, 8, 4] as const;

const isEnabled = (dr7: number, i: number): boolean => ((dr7 >>> (2 * i)) & 3) !== 0;
const kind = (dr7: number, i: number): number => 1 << ((dr7 >>> (16 + 4 * i)) & 3);
const length = (dr7: number, i: number): number => LENGTHS[(dr7 >>> (18 + 4 * i)) & 3];
/** The address counts as aligned to the length. */
const start = (state: CpuState, dr7: number, i: number): number => (state.get(DR + 8 * i) & -length(dr7, i)) >>> 0;

/** Whether DR7 enables any breakpoint of these kinds. */
export function breakpointEnabled(dr7: number, kinds: number): boolean {
  for (let i = 0; i < BREAKPOINTS; i++) if (isEnabled(dr7, i) && kind(dr7, i) & kinds) return true;
  return false;
}

/** Linear address of breakpoint `i` if it is enabled and of one of these kinds, or -1. It doesn't cross a page. */
export function breakpointAddress(state: CpuState, i: number, kinds: number): number {
  const dr7 = state.get(DR7);
  return isEnabled(dr7, i) && kind(dr7, i) & kinds ? start(state, dr7, i) : -1;
}

/**
 * B bits of the breakpoints of these kinds that cover any of `size` bytes at `address`; 0 if none of them is enabled. One that isn't enabled
 * shows in DR6 too, but only together with one that is (SDM vol. 3, 17.2.3 leaves that open).
 */
export function breakpointHits(state: CpuState, kinds: number, address: number, size: number): number {
  const dr7 = state.get(DR7);
  let found = 0;
  let enabled = false;
  for (let i = 0; i < BREAKPOINTS; i++) {
    if (!(kind(dr7, i) & kinds)) continue;
    const first = start(state, dr7, i);
    // Modulo 4 GiB, as addresses are.
    if ((first - address) >>> 0 >= size && (address - first) >>> 0 >= length(dr7, i)) continue;
    found |= 1 << i;
    enabled ||= isEnabled(dr7, i);
  }
  return enabled ? found : 0;
}
