import { FLAGS_AUX, FLAGS_RESULT } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

/**
 * The six arithmetic flags are not stored: they are derived from two words that every flag-setting instruction leaves behind.
 *   FLAGS_RESULT  the result, sign-extended from its size
 *   FLAGS_AUX     the carry vector: bit 31 CF, bit 30 CF xor OF, bit 3 AF; corrections for flags that were loaded rather than computed:
 *                 bit 7 inverts SF, bits 8-15 are xored into the low byte of the result for PF
 * So ZF = (result == 0); SF = result bit 31 ^ aux bit 7; PF = even parity of (result ^ aux >> 8) & 0xff.
 * One addition's vector is (a & b) | ((a | b) & ~r): bit n is the carry out of bit n (the scheme is that of Bochs).
 */
export const CF = 0x001;
export const PF = 0x004;
export const AF = 0x010;
export const ZF = 0x040;
export const SF = 0x080;
export const OF = 0x800;
export const ARITHMETIC = CF | PF | AF | ZF | SF | OF;

export const AUX_CF = 31;
export const AUX_CF_XOR_OF = 30;
export const AUX_AF = 3;
export const AUX_SF = 7;
export const AUX_PF = 8;

/** Other EFLAGS bits. */
export const TF = 0x100;
export const IF = 0x200;
export const DF = 0x400;
export const IOPL = 0x3000;
export const NT = 0x4000;
export const RF = 0x1_0000;
export const VM = 0x2_0000;
export const AC = 0x4_0000;
export const VIF = 0x8_0000;
export const VIP = 0x10_0000;
export const ID = 0x20_0000;

function evenParity(byte: number): boolean {
  let bits = byte ^ (byte >> 4);
  bits ^= bits >> 2;
  return ((bits ^ (bits >> 1)) & 1) === 0;
}

/** CF PF AF ZF SF OF as an EFLAGS image. */
export function readArithmeticFlags(state: CpuState): number {
  const result = state.i32[FLAGS_RESULT >> 2];
  const aux = state.i32[FLAGS_AUX >> 2];
  const cf = aux >>> AUX_CF;
  let image = cf | ((aux >> AUX_AF) & 1 ? AF : 0);
  if (result === 0) image |= ZF;
  if ((result >>> 31) ^ ((aux >> AUX_SF) & 1)) image |= SF;
  if (evenParity((result ^ (aux >> AUX_PF)) & 0xff)) image |= PF;
  if (cf ^ ((aux >> AUX_CF_XOR_OF) & 1)) image |= OF;
  return image;
}

/** Sets the six arithmetic flags from an EFLAGS image; its other bits are ignored. */
export function writeArithmeticFlags(state: CpuState, image: number): void {
  // The result is 0 for ZF and 1 otherwise: SF then needs exactly its inverter, PF the parity that 0 (even) or 1 (odd) lacks.
  const result = image & ZF ? 0 : 1;
  const odd = image & PF ? 0 : 1;
  const cf = image & CF;
  const of = image & OF ? 1 : 0;
  state.i32[FLAGS_RESULT >> 2] = result;
  state.i32[FLAGS_AUX >> 2] =
    (cf << AUX_CF) |
    ((cf ^ of) << AUX_CF_XOR_OF) |
    ((image & AF ? 1 : 0) << AUX_AF) |
    ((image & SF ? 1 : 0) << AUX_SF) |
    ((odd ^ result) << AUX_PF);
}
