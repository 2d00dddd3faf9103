/**
 * A predecoded instruction: 32 bytes in the memory of the machine, between RECORDS and RECORDS_END. Records of code that follows
 * in one page lie behind each other, so "the next instruction" is the next record. Offsets of the fields:
 */
export const Rec = {
  /** u16: which handler runs it. */
  handler: 0,
  /** u8 */
  length: 2,
  /** u8: segment register number of the memory operand or string source. */
  segment: 3,
  /** u16: state address of the rm register, or of the base register of a memory operand (ZERO: none). For ST(i): i. */
  a: 4,
  /** u16: state address of the reg register (segment, control and debug registers: their number; see `fill`). */
  b: 6,
  /** u16: state address of the index register (ZERO: none). */
  index: 8,
  /** u8: shift count of the index. */
  scale: 10,
  /** u8: bits of RecFlag. */
  flags: 11,
  /** i32 displacement, or the second immediate (selector, level). */
  displacement: 12,
  immediate: 16,
  /** i32: record of a direct branch's target in the same page; 0: not linked. */
  target: 20,
  /** u16: offset of the instruction in its page. May pass 4095 for the stop record behind a stepped instruction. */
  offset: 24,
  /** u8 ModRM.rm, u8 ModRM.reg: register numbers for callouts. */
  rm: 26,
  reg: 27,
  /** i32: position in instructions along its run of records; the difference of two positions is what executing from one to the other retires. */
  position: 28,
} as const;

export const RECORD_SIZE = 32;

export const RecFlag = {
  address16: 1,
  memory: 2,
  /** Bits 2-3: log2 of the operand size. */
  sizeShift: 2,
  repF3: 16,
  repF2: 32,
} as const;
