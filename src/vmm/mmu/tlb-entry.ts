/*
 * An entry of the software TLB: host page address - linear page address, with VALID in its low bits, which are 0 otherwise. Without VALID it is one that
 * translates nothing (0); or, in a table for stores, one whose page holds decoded code: so a store between the code needs no walk, but every plain access
 * fails. (Where that comes to 0, because linear and host addresses are the same, stores walk: it is slower, and comes to the same.)
 *
 * What has never been written is 0, and translates nothing: of 16 MiB of tables only the pages that the guest's addresses need are ever resident. (They were
 * filled with -1 before, and that was one MiB in twenty of a whole VM process.)
 */
export const NOTHING = 0;
export const VALID = 1;

export function isValid(entry: number): boolean {
  return (entry & VALID) !== 0;
}
/** Of a valid entry: the host address of a linear one. */
export function hostBy(entry: number, linear: number): number {
  return (linear + entry - VALID) >>> 0;
}
