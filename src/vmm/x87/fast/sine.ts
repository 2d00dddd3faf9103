import type { Emitter, Value, Wide } from "../../isa/emitter.js";
import type { Helper } from "../../isa/stage.js";
import { Op, Sat, ValueType } from "../../wasm/opcodes.js";
import { attempt, type Unless } from "../attempt.js";
import { REDUCTION } from "../transcendental.js";
import { EXTENDED, type Extended, exponent, giveExtended, parameter, putExtended, topBit } from "../unpacked.js";
import { product, productHigh } from "../wide.js";
import { BIAS, NO_RESULT, SIGN } from "../words.js";
import { decided, decides, packed, type Rounded, variableFixed } from "./decided.js";
import {
  add,
  divide,
  type Fixed,
  horner,
  magnitude,
  multiply,
  normalized,
  ratio,
  scale,
  shiftLeft,
  shiftRight,
  subtract,
} from "./fixed.js";
import { cosines, ofSines, sines } from "./tables.js";

/*
 * Sine and cosine at once. With r what argument reduction leaves, c the nearest multiple of 2^-8 and d = |r| - c:
 *   sin |r| = sin c - sin c (1 - cos d) + cos c sin d        cos |r| = cos c - cos c (1 - cos d) - sin c sin d
 * where d <= 2^-9 makes 1 - cos d and d - sin d so small that 64 bits of them do. Below, units of 2^-80 relative to the result:
 *   d^2 is off by 2, so 1 - cos d by 2 and (d - sin d) / d by 1.5; the rest is below 1: less than 2^-77 in all.
 */

/** Arguments from 2^-34 on (below, a function is its first term) and below 2^31. */
const LEAST = BIAS - 34;
const BINADES = 34 + 31;

/** What is left of |a|: |r| in units of 2^-128, whether r is negative (0 or 1), and the right angles that were taken away. */
function reduced(e: Emitter, unless: Unless, a: Extended, exp: Value): { r: Fixed; negative: Wide; count: Wide } {
  // In units of 2^-126, modulo 4.
  const places = e.sub(exp, BIAS - 63);
  const far = e.gtU(places, 63);
  const n = e.wideU(places);
  const shifted = e.shlWide(a.sig, n);
  const argument: Fixed = {
    high: e.selectWide(far, shifted, e.shrUWide(e.shrUWide(a.sig, 1n), e.xorWide(n, 63n))),
    low: e.selectWide(far, 0n, shifted),
  };
  // The processor's own multiplication finds how many right angles, but for an argument next to the middle between two.
  e.putWide(e.shrUWide(a.sig, 1n));
  e.f.op(Op.f64_convert_i64_s);
  e.putWide(e.shlWide(e.wideU(e.add(exp, 1023 - BIAS - 62)), 52n));
  e.f
    .op(Op.f64_reinterpret_i64)
    .op(Op.f64_mul)
    .f64(2 / Math.PI)
    .op(Op.f64_mul)
    .op(Op.f64_nearest)
    .sat(Sat.i64_trunc_sat_f64_s);
  const count = e.take(ValueType.i64);
  const low = product(e, count, REDUCTION & 0xffff_ffff_ffff_ffffn);
  const angles: Fixed = { high: e.addWide(low.high, e.mulWide(count, REDUCTION >> 64n)), low: low.low };
  const { value, negative } = magnitude(e, subtract(e, argument, shiftLeft(e, angles, 59n)));
  unless(e.compareWide(Op.i64_lt_u, value.high, REDUCTION >> 6n));
  unless(e.compareWide(Op.i64_ne, value.high, 0n));
  return { r: shiftLeft(e, value, 2n), negative, count };
}

/** Sine and cosine of r, normalized, with their exponents. */
function sineAndCosine(e: Emitter, unless: Unless, r: Fixed): { sine: Fixed; sineExp: Value; cosine: Fixed; cosineExp: Value } {
  const index = e.shrUWide(e.addWide(r.high, 1n << 55n), 56n);
  const { value: d, negative } = magnitude(e, { high: e.subWide(r.high, e.shlWide(index, 56n)), low: r.low });
  // d in units of 2^-72, and its square, d^2 / 6 - d^4 / 120 + ... and d^2 / 2 - d^4 / 24 + ... in units of 2^-80.
  const short = e.orWide(e.shlWide(d.high, 8n), e.shrUWide(d.low, 56n));
  const square = productHigh(e, short, short);
  const less = productHigh(e, square, horner(e, [ratio(1n, 6n), ratio(1n, 120n), ratio(1n, 5040n)], square, 16n, true));
  const below = productHigh(e, square, horner(e, [ratio(1n, 2n), ratio(1n, 24n), ratio(1n, 720n)], square, 16n, true));

  const sine = variableFixed(e);
  const cosine = variableFixed(e);
  const sineExp = e.variable(BIAS - 1);
  const cosineExp = e.variable(BIAS - 1);
  const assign = (to: typeof sine, exp: typeof sineExp, value: Fixed) => {
    const { value: top, places } = normalized(e, value);
    e.assignWide(to.high, top.high);
    e.assignWide(to.low, top.low);
    e.assign(exp, e.sub(exp, e.low(places)));
  };
  e.when(
    e.eqzWide(index),
    () => {
      unless(e.compareWide(Op.i64_ne, below, 0n));
      // r may be far below 1: relative to it.
      const { value: top, places } = normalized(e, r);
      e.assign(sineExp, e.sub(sineExp, e.low(places)));
      assign(sine, sineExp, subtract(e, top, shiftRight(e, product(e, top.high, less), 16n)));
      assign(cosine, cosineExp, subtract(e, { high: 0n, low: 0n }, shiftRight(e, { high: below, low: 0n }, 16n)));
    },
    () => {
      const i = e.low(index);
      const s = sines.at(e, i);
      const c = cosines.at(e, i);
      const cubic = productHigh(e, short, less);
      const sineOfD = subtract(e, d, { high: e.shrUWide(cubic, 24n), low: e.shlWide(cubic, 40n) });
      const sineRest = subtract(e, s, shiftRight(e, scale(e, s, below), 16n));
      const cosineRest = subtract(e, c, shiftRight(e, scale(e, c, below), 16n));
      const [forward, back] = [multiply(e, c, sineOfD), multiply(e, s, sineOfD)];
      e.when(
        e.low(negative),
        () => {
          assign(sine, sineExp, subtract(e, sineRest, forward));
          assign(cosine, cosineExp, add(e, cosineRest, back));
        },
        () => {
          assign(sine, sineExp, add(e, sineRest, forward));
          assign(cosine, cosineExp, subtract(e, cosineRest, back));
        },
      );
    },
  );
  return { sine, sineExp, cosine, cosineExp };
}

/** The same for |a|: of what reduction leaves of it. */
function reducedSineAndCosine(e: Emitter, unless: Unless, a: Extended) {
  unless(decides(e, ofSines));
  unless(topBit(e, a.sig));
  const exp = exponent(e, a);
  unless(e.ltU(e.sub(exp, LEAST), BINADES));
  const { r, negative, count } = reduced(e, unless, a, exp);
  return { ...sineAndCosine(e, unless, r), negative, count };
}

/** Number -> its sine and its cosine, each perhaps with ROUNDED_UP; NO_RESULT twice if the callout has to decide. Reports nothing. */
export const sineCosine: Helper = {
  name: "x87SineCosine",
  params: EXTENDED,
  results: [...EXTENDED, ...EXTENDED],
  emit(e) {
    const a = parameter(0);
    attempt(e, (unless) => {
      const { sine, sineExp, cosine, cosineExp, negative, count } = reducedSineAndCosine(e, unless, a);
      const s = decided(e, unless, sine, sineExp);
      const c = decided(e, unless, cosine, cosineExp);

      const odd = e.low(e.andWide(count, 1n));
      // After an odd number of right angles, sine and cosine change places; the sign of r goes with the sine.
      const half = e.and(e.shl(e.low(count), 14), SIGN);
      const signOfR = e.shl(e.low(negative), 15);
      const signOfSine = e.xor(e.xor(half, e.select(odd, 0, signOfR)), e.and(a.se, SIGN));
      const signOfCosine = e.xor(half, e.select(odd, e.xor(signOfR, SIGN), 0));
      const give = (ifOdd: Rounded, ifEven: Rounded, sign: Value) => {
        const se = e.select(odd, packed(e, sign, ifOdd), packed(e, sign, ifEven));
        putExtended(e, { sig: e.selectWide(odd, ifOdd.sig, ifEven.sig), se });
      };
      give(c, s, signOfSine);
      give(s, c, signOfCosine);
      e.f.op(Op.return);
    });
    const nothing: Extended = { sig: 0n, se: NO_RESULT };
    putExtended(e, nothing);
    putExtended(e, nothing);
  },
};

/** Number -> its tangent, perhaps with ROUNDED_UP; NO_RESULT if the callout has to decide. Reports nothing. */
export const tangent: Helper = {
  name: "x87Tangent",
  params: EXTENDED,
  results: EXTENDED,
  emit(e) {
    const a = parameter(0);
    attempt(e, (unless) => {
      const { sine, sineExp, cosine, cosineExp, negative, count } = reducedSineAndCosine(e, unless, a);
      // tan(r + pi / 2) = -cos r / sin r
      const odd = e.low(e.andWide(count, 1n));
      const choose = (x: Fixed, y: Fixed): Fixed => ({ high: e.selectWide(odd, x.high, y.high), low: e.selectWide(odd, x.low, y.low) });
      const quotient = divide(e, shiftRight(e, choose(cosine, sine), 1n), choose(sine, cosine));
      const { value, places } = normalized(e, quotient);
      const difference = e.sub(sineExp, cosineExp);
      const exp = e.sub(e.add(e.select(odd, e.sub(0, difference), difference), BIAS), e.low(places));
      const sign = e.and(e.xor(a.se, e.xor(e.shl(e.low(negative), 15), e.shl(odd, 15))), SIGN);
      const rounded = decided(e, unless, value, exp);
      giveExtended(e, rounded.sig, packed(e, sign, rounded));
    });
    giveExtended(e, 0n, NO_RESULT);
  },
};
