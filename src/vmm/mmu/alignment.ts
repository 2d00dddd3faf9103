/**
 * Alignment checking (SDM vol. 3, 6.15, interrupt 17): with CR0.AM and EFLAGS.AC, at CPL 3, an operand that is not aligned raises #AC. It comes
 * before a page fault of the same access, and never for what the processor reads and writes on its own account (descriptors, TSS, inner
 * stacks).
 */

/**
 * Alignment that the operand of an instruction must have by its size in bytes (table 6-7); a real number of ten bytes is aligned to 8. Operands
 * of 16 bytes either must be aligned whatever AC says (#GP), or are those of MOVUPS and its kin: whether these are checked is left to the
 * processor; here, as on Intel's, they are not.
 */
export function isAligned(linear: number, size: number): boolean {
  return size === 16 || (linear & ((size === 10 ? 8 : size) - 1)) === 0;
}
