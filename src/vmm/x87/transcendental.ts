import { atan, cos, expm1, GUARD, ln2, log1p, pi, sin } from "./elementary.js";
import { type Binary, bitLength, exponentOf, infinity, isInfinity, isNegative, isZero, one, toBinary, zero } from "./real.js";
import type { Real } from "./registers.js";
import { PE, SIGN, ZE } from "./words.js";

/*
 * Values of FSIN FCOS FPTAN FPATAN F2XM1 FYL2X FYL2XP1, for numbers that are neither NaN nor unsupported. They are computed to well over
 * 64 bits and rounded once, so they are within one unit in the last place of the exact value, nearly always the correctly rounded one.
 *
 * Arguments of FSIN FCOS FSINCOS FPTAN are reduced by the pi of 66 bits that processors have used since the 387:
 * C90FDAA2 2168C234 C * 2^-66 (SDM vol. 1, 8.3.8). That of FPATAN's results is exact.
 */

/** A number as it is, or a binary number to be rounded, with flags besides those of rounding (ZE, PE); or an invalid operation. */
export type Value =
  | { readonly result: Real; readonly flags?: number }
  | { readonly unrounded: Binary; readonly flags?: number }
  | { readonly invalid: true };

const INVALID: Value = { invalid: true };
/** Bits of a value that are right before it is rounded. */
const BITS = 100;
const PRECISION = BITS + GUARD;
/** Below 2^-TINY a function is its first term, to more than 64 bits. */
const TINY = 68;

/** m * 2^-p, endless. */
function about(m: bigint, p: number): Value {
  return { unrounded: { negative: m < 0n, m: m < 0n ? -m : m, e: -p, inexact: true } };
}
/** The first term of a series whose next one only makes it a little smaller (or, endless anyway, larger). */
function slightlyBelow({ negative, m, e }: Binary): Value {
  const places = 80;
  return { unrounded: { negative, m: (m << BigInt(places)) - 1n, e: e - places, inexact: true } };
}
const signed = (negative: boolean, n: bigint) => (negative ? -n : n);

// Sine, cosine, tangent

/** pi / 2 of the argument reduction is REDUCTION * 2^-67. */
export const REDUCTION = 0xc_90fd_aa22_168c_234cn;
const REDUCTION_PLACES = 67;

/** Arguments must be smaller than 2^63. */
export function isReducible(a: Real): boolean {
  return isInfinity(a) || isZero(a) || exponentOf(a) < 63;
}

/** What is left of an argument, |r| * 2^p <= pi / 4, and how many right angles were taken from it, modulo 4. */
interface Reduced {
  readonly r: bigint;
  readonly p: number;
  readonly quadrant: number;
}

function reduced(a: Real): Reduced {
  const x = toBinary(a);
  // Exact: the argument has no bits below 2^-(TINY/2 + 64).
  const exact = TINY / 2 + 64 + REDUCTION_PLACES;
  const rightAngle = REDUCTION << BigInt(exact - REDUCTION_PLACES);
  const argument = x.m << BigInt(x.e + exact);
  const count = (2n * argument + rightAngle) / (2n * rightAngle);
  const rest = argument - count * rightAngle;
  // So many places that even a sine near 0 has its bits.
  const p = PRECISION + exact - bitLength(rest < 0n ? -rest : rest);
  const r = p > exact ? rest << BigInt(p - exact) : rest >> BigInt(exact - p);
  const quadrant = Number(count & 3n);
  return x.negative ? { r: -r, p, quadrant: (4 - quadrant) & 3 } : { r, p, quadrant };
}

/** The sine of r and `quadrant` right angles. */
function sineOf({ r, p, quadrant }: Reduced): Value {
  return about(signed(quadrant >= 2, quadrant & 1 ? cos(r, p) : sin(r, p)), p);
}

/** Reduction and series have nothing to do: sin x = tan x = x, cos x = 1, but for less than the last place. */
function isTiny(a: Real): boolean {
  return exponentOf(a) < -TINY / 2;
}

export function sine(a: Real): Value {
  if (isInfinity(a)) return INVALID;
  if (isZero(a)) return { result: a };
  if (isTiny(a)) return slightlyBelow(toBinary(a));
  return sineOf(reduced(a));
}

export function cosine(a: Real): Value {
  if (isInfinity(a)) return INVALID;
  if (isZero(a)) return { result: one };
  if (isTiny(a)) return slightlyBelow({ negative: false, m: 1n << 80n, e: -80, inexact: false });
  const { r, p, quadrant } = reduced(a);
  return sineOf({ r, p, quadrant: (quadrant + 1) & 3 });
}

export function tangent(a: Real): Value {
  if (isInfinity(a)) return INVALID;
  if (isZero(a)) return { result: a };
  if (isTiny(a)) return { unrounded: { ...toBinary(a), inexact: true } };
  const { r, p, quadrant } = reduced(a);
  const [sine, cosine] = [sin(r, p), cos(r, p)];
  return about(quadrant & 1 ? -((cosine << BigInt(p)) / sine) : (sine << BigInt(p)) / cosine, p);
}

// Arctangent

/** A multiple of pi / 4. */
function quarters(count: number, negative: boolean): Value {
  return about(signed(negative, (pi(PRECISION) * BigInt(count)) >> 2n), PRECISION);
}

/** The angle of the point (x, y), between -pi and pi. */
export function arctangent(y: Real, x: Real): Value {
  const negative = isNegative(y);
  const left = isNegative(x);
  if (isInfinity(y)) return quarters(isInfinity(x) ? (left ? 3 : 1) : 2, negative);
  if (isZero(y) || isInfinity(x)) return left ? quarters(4, negative) : { result: zero(negative) };
  if (isZero(x)) return quarters(2, negative);

  const difference = exponentOf(y) - exponentOf(x);
  if (difference > TINY) return quarters(2, negative);
  const [n, d] = [toBinary(y), toBinary(x)];
  if (difference < -TINY) {
    if (left) return quarters(4, negative);
    const places = 160;
    return slightlyBelow({ negative, m: (n.m << BigInt(places)) / d.m, e: n.e - d.e - places, inexact: false });
  }
  const e = Math.min(n.e, d.e);
  const [height, width] = [n.m << BigInt(n.e - e), d.m << BigInt(d.e - e)];
  const p = PRECISION + Math.max(0, 1 - difference);
  const steep = height > width;
  const angle = steep ? (pi(p) >> 1n) - atan(width, height, p) : atan(height, width, p);
  return about(signed(negative, left ? pi(p) - angle : angle), p);
}

// Exponential and logarithms

/** What processors do beyond the range of the manuals: nothing, inexactly. */
function outOfRange(a: Real): Value {
  return { result: a, flags: PE };
}

/** 2^x - 1 for |x| <= 1. */
export function exponential(a: Real): Value {
  if (isInfinity(a)) return { result: isNegative(a) ? { ...one, se: one.se | SIGN } : a };
  if (isZero(a)) return { result: a };
  const x = toBinary(a);
  const exponent = exponentOf(a);
  if (exponent > 0 || (exponent === 0 && a.sig !== one.sig)) return outOfRange(a);
  // Exact, but processors don't know.
  if (exponent === 0) return { result: x.negative ? { sig: one.sig, se: a.se - 1 } : a, flags: PE };
  if (exponent < -TINY) return { unrounded: { negative: x.negative, m: x.m * ln2(PRECISION), e: x.e - PRECISION, inexact: true } };
  const p = PRECISION - exponent;
  const argument = signed(x.negative, x.m << BigInt(x.e + p));
  return about(expm1((argument * ln2(p)) >> BigInt(p), p), p);
}

/** log2 of m * 2^e > 0, as n * 2^-p; exact if it is an integer. */
function logarithm(m: bigint, e: number): { n: bigint; p: number; exact: boolean } {
  const length = bitLength(m);
  let k = e + length - 1;
  // m = (1 + f) * 2^(length - 1), or half of that, so that 1 + f is between 3/4 and 3/2.
  const large = m >> BigInt(length - 2) === 3n;
  if (large) k++;
  const places = large ? length : length - 1;
  const f = m - (1n << BigInt(places));
  if (f === 0n) return { n: BigInt(k), p: 0, exact: true };
  const p = PRECISION + (k === 0 ? places - bitLength(f < 0n ? -f : f) + 1 : 0);
  const scaled = p >= places ? f << BigInt(p - places) : f >> BigInt(places - p);
  return { n: (BigInt(k) << BigInt(p)) + (log1p(scaled, p) << BigInt(p)) / ln2(p), p, exact: false };
}

/** A finite number times what `logarithm` gives: inexact, say processors, even if it is not. */
function times(a: Real, { n, p, exact }: { n: bigint; p: number; exact: boolean }): Value {
  const y = toBinary(a);
  const negative = y.negative !== n < 0n;
  const m = y.m * (n < 0n ? -n : n);
  return m === 0n ? { result: zero(negative) } : { unrounded: { negative, m, e: y.e - p, inexact: !exact }, flags: PE };
}

/** y * log2(x). */
export function logarithmTimes(y: Real, x: Real): Value {
  if (isZero(x)) {
    if (isZero(y)) return INVALID;
    return { result: infinity(!isNegative(y)), flags: isInfinity(y) ? 0 : ZE };
  }
  if (isNegative(x)) return INVALID;
  const { m, e } = toBinary(x);
  const isOne = exponentOf(x) === 0 && x.sig === one.sig;
  const belowOne = exponentOf(x) < 0;
  if (isInfinity(y)) return isOne ? INVALID : { result: infinity(isNegative(y) !== belowOne) };
  if (isInfinity(x)) return isZero(y) ? INVALID : { result: infinity(isNegative(y)) };
  if (isZero(y)) return { result: zero(isNegative(y) !== belowOne) };
  return times(y, logarithm(m, e));
}

/** y * log2(x + 1), as far as 1 + x is positive (the manuals stop at x = sqrt(1/2) - 1 and sqrt(2) - 1). */
export function logarithmPlusOneTimes(y: Real, x: Real): Value {
  const negative = isNegative(y) !== isNegative(x);
  if (isZero(x)) return isInfinity(y) ? INVALID : { result: zero(negative) };
  if (isInfinity(x)) return isNegative(x) || isZero(y) ? INVALID : { result: infinity(negative) };
  if (isZero(y)) return { result: zero(negative) };
  const exponent = exponentOf(x);
  if (isInfinity(y)) return { result: infinity(negative) };
  if (isNegative(x) && exponent >= 0) return outOfRange(x);
  const { m, e } = toBinary(x);
  if (exponent < -TINY) {
    const n = (m << BigInt(2 * PRECISION)) / ln2(PRECISION);
    return times(y, { n: signed(isNegative(x), n), p: PRECISION - e, exact: false });
  }
  const unit = e < 0 ? 1n << BigInt(-e) : 1n;
  const sum = e < 0 ? unit + signed(isNegative(x), m) : unit + (m << BigInt(e));
  return times(y, logarithm(sum, Math.min(e, 0)));
}
