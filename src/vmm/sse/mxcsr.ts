/** MXCSR (Intel SDM vol. 1, 10.2.3). */

/** Exception flags; each mask is its flag's bit shifted left by MASK_SHIFT. */
export const IE = 0x01;
export const DE = 0x02;
export const ZE = 0x04;
export const OE = 0x08;
export const UE = 0x10;
export const PE = 0x20;
export const EXCEPTIONS = 0x3f;
export const MASK_SHIFT = 7;

/** Denormals are zeros: of operands. */
export const DAZ = 0x40;
/** Flush to zero: of tiny results, where underflow is masked. */
export const FTZ = 0x8000;

/** Rounding control. */
export const RC_SHIFT = 13;
export const RC_NEAREST = 0;
export const RC_DOWN = 1;
export const RC_UP = 2;
export const RC_ZERO = 3;

/** Setting one of these is #GP(0). */
export const MXCSR_RESERVED = 0xffff_0000 | 0;

/** The usual mode: all exceptions masked, rounding to nearest, no DAZ, no FTZ. USUAL is what MODE_BITS are then. */
export const MODE_BITS = (EXCEPTIONS << MASK_SHIFT) | (3 << RC_SHIFT) | DAZ | FTZ;
export const USUAL = EXCEPTIONS << MASK_SHIFT;
