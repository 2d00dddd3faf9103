import type { Real } from "./registers.js";
import {
  BIAS,
  C1,
  EXPONENT,
  INDEFINITE_EXPONENT,
  INDEFINITE_SIGNIFICAND,
  INTEGER_BIT,
  OE,
  PE,
  QUIET_BIT,
  RC,
  RC_DOWN,
  RC_NEAREST,
  RC_UP,
  SIGN,
  UE,
  WRAP,
} from "./words.js";

/** Extended numbers in TypeScript: classes, NaN propagation, conversion from and to exact binary numbers. */

export const INDEFINITE: Real = { sig: INDEFINITE_SIGNIFICAND, se: INDEFINITE_EXPONENT };

export const isNegative = (a: Real) => (a.se & SIGN) !== 0;
export const isZero = (a: Real) => (a.se & EXPONENT) === 0 && a.sig === 0n;
export const isDenormal = (a: Real) => (a.se & EXPONENT) === 0 && a.sig !== 0n;
export const isInfinity = (a: Real) => (a.se & EXPONENT) === EXPONENT && a.sig === INTEGER_BIT;
export const isUnsupported = (a: Real) => (a.se & EXPONENT) !== 0 && a.sig < INTEGER_BIT;
export const isNan = (a: Real) => (a.se & EXPONENT) === EXPONENT && a.sig > INTEGER_BIT;
const isSignaling = (a: Real) => isNan(a) && (a.sig & QUIET_BIT) === 0n;

export const zero = (negative: boolean): Real => ({ sig: 0n, se: negative ? SIGN : 0 });
export const infinity = (negative: boolean): Real => ({ sig: INTEGER_BIT, se: EXPONENT | (negative ? SIGN : 0) });
export const one: Real = { sig: INTEGER_BIT, se: BIAS };

/** Result of an operation on numbers of which at least one is NaN or unsupported, and whether it is invalid. */
export function propagate(a: Real, b: Real = a): { result: Real; invalid: boolean } {
  if (isUnsupported(a) || isUnsupported(b)) return { result: INDEFINITE, invalid: true };
  const quiet = (n: Real) => ({ result: { sig: n.sig | QUIET_BIT, se: n.se }, invalid: isSignaling(a) || isSignaling(b) });
  if (!isNan(b)) return quiet(a);
  if (!isNan(a)) return quiet(b);
  if (isSignaling(a) !== isSignaling(b)) return quiet(isSignaling(a) ? b : a);
  if (a.sig !== b.sig) return quiet(a.sig > b.sig ? a : b);
  return quiet(a.se < b.se ? a : b);
}

/** A binary number m * 2^e with m >= 0; `inexact`: the true number lies above it by less than one in the last place of m. */
export interface Binary {
  readonly negative: boolean;
  readonly m: bigint;
  readonly e: number;
  readonly inexact: boolean;
}

/** Number of bits of n >= 0. */
export function bitLength(n: bigint): number {
  return n === 0n ? 0 : n.toString(16).length * 4 - Math.clz32(Number.parseInt(n.toString(16)[0], 16)) + 28;
}

/** A finite number as it is. */
export function toBinary(a: Real): Binary {
  const field = a.se & EXPONENT;
  return { negative: isNegative(a), m: a.sig, e: Math.max(field, 1) - BIAS - 63, inexact: false };
}

/** Exponent of the leading bit of a finite number that is not 0. */
export function exponentOf(a: Real): number {
  return Math.max(a.se & EXPONENT, 1) - BIAS - 63 + bitLength(a.sig) - 1;
}

/** Shifts right (or left) by `n` places and rounds by rounding control; `flags` get PE and C1. */
export function shiftRounding(a: Binary, n: number, control: number): { m: bigint; flags: number } {
  if (n <= 0 && !a.inexact) return { m: a.m << BigInt(-n), flags: 0 };
  // Two more bits: half, and anything below.
  const wide = a.m << BigInt(Math.max(0, 2 - n));
  const places = BigInt(Math.max(n, 2));
  const kept = wide >> places;
  const lost = wide & ((1n << places) - 1n);
  if (lost === 0n && !a.inexact) return { m: kept, flags: 0 };
  const half = 1n << (places - 1n);
  let up: boolean;
  switch (control & RC) {
    case RC_NEAREST:
      up = lost > half || (lost === half && (a.inexact || (kept & 1n) === 1n));
      break;
    case RC_DOWN:
      up = a.negative;
      break;
    case RC_UP:
      up = !a.negative;
      break;
    default:
      up = false;
  }
  return { m: up ? kept + 1n : kept, flags: PE | (up ? C1 : 0) };
}

/**
 * Rounds to 64 bits and the range of the format, with the responses that the control word asks for (as the helper `round` does).
 * `m` must not be 0; gives the number and OE UE PE C1.
 */
export function roundBinary(a: Binary, control: number): { result: Real; flags: number } {
  const sign = a.negative ? SIGN : 0;
  const length = bitLength(a.m);
  let exp = a.e + length - 1 + BIAS;
  let { m, flags } = shiftRounding(a, length - 64, control);
  if (m >> 64n) {
    m >>= 1n;
    exp++;
  }
  if (exp < 1) {
    if (control & UE) {
      const tiny = shiftRounding(a, 1 - BIAS - 63 - a.e, control);
      const result = { sig: tiny.m, se: sign | (tiny.m >= INTEGER_BIT ? 1 : 0) };
      return { result, flags: tiny.flags ? tiny.flags | UE : 0 };
    }
    exp += WRAP;
    flags |= UE;
  } else if (exp >= EXPONENT) {
    if (control & OE) {
      const rc = control & RC;
      const infinite = rc === RC_NEAREST || rc === (a.negative ? RC_DOWN : RC_UP);
      const largest = { sig: 0xffff_ffff_ffff_ffffn, se: sign | (EXPONENT - 1) };
      return { result: infinite ? infinity(a.negative) : largest, flags: OE | PE | (infinite ? C1 : 0) };
    }
    exp -= WRAP;
    flags |= OE;
  }
  return { result: { sig: m, se: sign | exp }, flags };
}
