/** Bits of the x87 control and status words (Intel SDM vol. 1, 8.1.3 and 8.1.5), and the extended format. */

/** Exception flags of the status word; the masks of the control word are the same bits. */
export const IE = 0x01;
export const DE = 0x02;
export const ZE = 0x04;
export const OE = 0x08;
export const UE = 0x10;
export const PE = 0x20;
export const EXCEPTIONS = 0x3f;

/** Stack fault, summary of unmasked exceptions, condition codes, busy (a copy of ES since the 387). */
export const SF = 0x40;
export const ES = 0x80;
export const C0 = 0x100;
export const C1 = 0x200;
export const C2 = 0x400;
export const C3 = 0x4000;
export const BUSY = 0x8000;
export const CONDITIONS = C0 | C1 | C2 | C3;
export const TOP_SHIFT = 11;
export const TOP_MASK = 0x3800;

/** Precision control: 0 is 24 bits, 0x200 is 53, 0x300 is 64; the reserved 0x100 works as 64. */
export const PC = 0x300;
export const PC_SINGLE = 0;
export const PC_DOUBLE = 0x200;
export const PC_EXTENDED = 0x300;
/** Rounding control. */
export const RC = 0xc00;
export const RC_NEAREST = 0;
export const RC_DOWN = 0x400;
export const RC_UP = 0x800;
export const RC_ZERO = 0xc00;

/** Control word after FNINIT, and the bit of it that always reads as one. */
export const CONTROL_INITIAL = 0x37f;
export const CONTROL_FIXED = 0x40;
/** Bits of the control word that can be written: masks, PC, RC and the old infinity control. */
export const CONTROL_WRITABLE = 0x1f3f;

/** Of the 16-bit sign and exponent of an extended number. */
export const SIGN = 0x8000;
export const EXPONENT = 0x7fff;
export const BIAS = 0x3fff;
/** What an unmasked overflow takes from the exponent of its result and an unmasked underflow adds (SDM vol. 1, 8.5.4). */
export const WRAP = 24576;

export const INTEGER_BIT = 0x8000_0000_0000_0000n;
export const QUIET_BIT = 0x4000_0000_0000_0000n;

/** Real indefinite: the default QNaN that masked invalid operations give. */
export const INDEFINITE_SIGNIFICAND = 0xc000_0000_0000_0000n;
export const INDEFINITE_EXPONENT = 0xffff;

/** What helpers return in place of sign and exponent (or as condition codes) if an unmasked exception forbids any result. */
export const NO_RESULT = -1;

/**
 * Set in a sign-and-exponent beside its 16 bits where a denormal m32 or m64 has been widened: it has become a normal number,
 * but using it is still a denormal operand exception.
 */
export const WAS_DENORMAL = 0x1_0000;
