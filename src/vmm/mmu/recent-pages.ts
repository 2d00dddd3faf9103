import { RECENT_PAGE_SLOTS, RECENT_PAGES } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

/*
 * Pages that applications have been in lately, for translated code to look at before it asks the TLB: one slot for each place in a loop or two that goes
 * through memory by the same registers. It saves no instructions, but the address need not wait for two loads, of which the second depends on the address:
 * what goes through tables in turn (CRC-32) runs a third faster, integer code a tenth. A kernel jumps about too much for it: its crossings got a tenth slower.
 *
 * A slot holds nothing that a valid entry of the TLB for user code doesn't say: whoever changes one of those forgets all slots.
 */

/** Fields of a slot, in bytes: linear address of the page, its host address, and at how many offsets any access may begin (0: the slot is empty). */
export const Recent = { page: 0, host: 4, limit: 8 } as const;
export const RECENT_SIZE = 16;

/** The widest access of an instruction, in bytes. */
const WIDEST = 16;
/** Offsets where an access may begin and lies in the page, however wide it is: so a hit is one comparison. */
export const ANY_MAY_BEGIN = 0x1000 - WIDEST + 1;
/** By how much the limit is less for several accesses that are checked together, of so many bytes. */
export function lessFor(bytes: number): number {
  return Math.max(bytes - WIDEST, 0);
}

export function recentPage(write: boolean, site: number): number {
  return RECENT_PAGES + ((write ? RECENT_PAGE_SLOTS : 0) + (site % RECENT_PAGE_SLOTS)) * RECENT_SIZE;
}

const FIRST = RECENT_PAGES >> 2;
const END = (RECENT_PAGES + 2 * RECENT_PAGE_SLOTS * RECENT_SIZE) >> 2;
export function forgetRecentPages({ i32 }: Pick<CpuState, "i32">): void {
  i32.fill(0, FIRST, END);
}
