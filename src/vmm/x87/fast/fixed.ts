import type { Emitter, Wide } from "../../isa/emitter.js";
import { Op, Sat, ValueType } from "../../wasm/opcodes.js";
import { digit } from "../divide.js";
import { leadingZeros, topBit, variableWide } from "../unpacked.js";
import { product, productHigh, shiftLeftOut } from "../wide.js";

/**
 * Arithmetic on unsigned numbers of 128 bits in two halves, mostly fractions that count 2^-128. It wraps, as that on 64 bits does; products
 * are cut off, which takes less than 3 of the last place.
 */
export interface Fixed {
  readonly high: Wide;
  readonly low: Wide;
}

export function add(e: Emitter, a: Fixed, b: Fixed): Fixed {
  const low = e.addWide(a.low, b.low);
  const carry = e.wideU(e.compareWide(Op.i64_lt_u, low, b.low));
  return { high: e.addWide(e.addWide(a.high, b.high), carry), low };
}

export function subtract(e: Emitter, a: Fixed, b: Fixed): Fixed {
  const borrow = e.wideU(e.compareWide(Op.i64_lt_u, a.low, b.low));
  return { high: e.subWide(e.subWide(a.high, b.high), borrow), low: e.subWide(a.low, b.low) };
}

/** a, or -a where `negative` (0 or 1) is 1. */
export function negateIf(e: Emitter, negative: Wide, a: Fixed): Fixed {
  const mask = e.subWide(0n, negative);
  return subtract(e, { high: e.xorWide(a.high, mask), low: e.xorWide(a.low, mask) }, { high: mask, low: mask });
}

/** Magnitude of a number in two's complement, and whether it was negative (0 or 1). */
export function magnitude(e: Emitter, a: Fixed): { value: Fixed; negative: Wide } {
  const negative = e.wideU(topBit(e, a.high));
  return { value: negateIf(e, negative, a), negative };
}

/** Shifts by `n` places, 0 < n < 64. */
export function shiftLeft(e: Emitter, a: Fixed, n: bigint): Fixed {
  return { high: e.orWide(e.shlWide(a.high, n), e.shrUWide(a.low, 64n - n)), low: e.shlWide(a.low, n) };
}
export function shiftRight(e: Emitter, a: Fixed, n: bigint): Fixed {
  return { high: e.shrUWide(a.high, n), low: e.orWide(e.shlWide(a.high, 64n - n), e.shrUWide(a.low, n)) };
}

/** Shifts right by `n`, 0 to 63. */
export function shiftRightBy(e: Emitter, a: Fixed, n: Wide): Fixed {
  return { high: e.shrUWide(a.high, n), low: e.orWide(e.shrUWide(a.low, n), shiftLeftOut(e, a.high, n)) };
}

/** Upper 128 bits of a * b, of 192. */
export function scale(e: Emitter, a: Fixed, b: Wide): Fixed {
  return add(e, product(e, a.high, b), { high: 0n, low: productHigh(e, a.low, b) });
}

/** Upper 128 bits of a * b, of 256. */
export function multiply(e: Emitter, a: Fixed, b: Fixed): Fixed {
  const upper = add(e, product(e, a.high, b.high), { high: 0n, low: productHigh(e, a.high, b.low) });
  return add(e, upper, { high: 0n, low: productHigh(e, a.low, b.high) });
}

/** The quotient n / d, where d has its top bit set and n a smaller upper half; right to more than 110 places. */
export function divide(e: Emitter, n: Fixed, d: Fixed): Fixed {
  const remainder = variableWide(e, n.high);
  const first = digit(e, remainder, e.shrUWide(n.low, 32n), d.high);
  const second = digit(e, remainder, e.andWide(n.low, 0xffff_ffffn), d.high);
  const quotient = e.orWide(e.shlWide(first, 32n), second);
  // What is left, less the quotient times the lower half of d, tells the other places: the processor's own division knows 50 of them.
  const half = (x: Wide) => e.shrUWide(x, 1n);
  e.putWide(e.subWide(half(remainder), half(productHigh(e, quotient, d.low))));
  e.f.op(Op.f64_convert_i64_s);
  e.putWide(half(d.high));
  e.f
    .op(Op.f64_convert_i64_s)
    .op(Op.f64_div)
    .f64(2 ** 60)
    .op(Op.f64_mul)
    .sat(Sat.i64_trunc_sat_f64_s);
  const rest = e.take(ValueType.i64);
  return { high: e.addWide(quotient, e.shrSWide(rest, 60n)), low: e.shlWide(rest, 4n) };
}

/** Shifts left until the top bit is set; gives by how much. The upper half must not be 0. */
export function normalized(e: Emitter, a: Fixed): { value: Fixed; places: Wide } {
  const places = leadingZeros(e, a.high);
  const moved = e.shrUWide(e.shrUWide(a.low, 1n), e.xorWide(places, 63n));
  return { value: { high: e.orWide(e.shlWide(a.high, places), moved), low: e.shlWide(a.low, places) }, places };
}

/**
 * c0 - x (c1 - x (c2 - ...)) or with plus signs, of fractions that count 2^-64, where x counts 2^-(64 + shift): so it must be small.
 * Each step cuts off less than 2 of the last place.
 */
export function horner(e: Emitter, coefficients: readonly bigint[], x: Wide, shift: bigint, alternate: boolean): Wide {
  return coefficients.slice(0, -1).reduceRight<Wide>(
    (sum, coefficient) => {
      const term = e.shrUWide(productHigh(e, x, sum), shift);
      return alternate ? e.subWide(coefficient, term) : e.addWide(coefficient, term);
    },
    coefficients[coefficients.length - 1],
  );
}

/** A number known now, in 128 bits. */
export function constant(n: bigint): Fixed {
  return { high: n >> 64n, low: n & 0xffff_ffff_ffff_ffffn };
}

/** n / d as a fraction that counts 2^-64. */
export function ratio(n: bigint, d: bigint): bigint {
  return ((n << 64n) + d / 2n) / d;
}
