import { VALID } from "../mmu/tlb-entry.js";
import type { Emitter, Value } from "./emitter.js";

/*
 * How emitted code asks the TLB. What it costs is paid at every access to memory, so host address and check share what they can: the address that an
 * entry gives is one byte short of an aligned one where the entry isn't valid.
 */

/** Entry of a linear address in a table; `offset` is a constant part of the table's address. */
export function entryIn(e: Emitter, table: Value, linear: Value, offset = 0): Value {
  return e.loadHost(e.add(table, e.shl(e.shrU(linear, 12), 2)), 4, offset);
}
export function hostBy(e: Emitter, entry: Value, linear: Value): Value {
  return e.sub(e.add(linear, entry), VALID);
}
/** Not 0 where an entry is not valid. */
export function invalid(e: Emitter, entry: Value): Value {
  return e.xor(e.and(entry, VALID), VALID);
}
/** Not 0 where an entry is not valid, or the access isn't aligned; `host` is what the entry gives. */
export function misfit(e: Emitter, entry: Value, linear: Value, host: Value, size: number): Value {
  return size === 1 ? invalid(e, entry) : e.and(e.or(linear, host), size - 1);
}
