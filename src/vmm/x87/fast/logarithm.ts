import type { Emitter, Temp, Value, Wide } from "../../isa/emitter.js";
import type { Helper } from "../../isa/stage.js";
import { Op } from "../../wasm/opcodes.js";
import { attempt, type Unless } from "../attempt.js";
import { ln2 } from "../elementary.js";
import { EXTENDED, type Extended, exponent, giveExtended, isNormal, parameter, TWO_EXTENDED } from "../unpacked.js";
import { product, productHigh } from "../wide.js";
import { BIAS, EXPONENT, NO_RESULT, SIGN } from "../words.js";
import { decided, decides, packed, variableFixed } from "./decided.js";
import {
  add,
  constant,
  divide,
  type Fixed,
  horner,
  magnitude,
  multiply,
  negateIf,
  normalized,
  ratio,
  scale,
  shiftRight,
  shiftRightBy,
  subtract,
} from "./fixed.js";
import { LOGARITHMS_FROM, logarithms, ofLogarithms } from "./tables.js";

/*
 * With x = 2 M * 2^k, M from 3/8 to 3/4, and c the nearest multiple of 2^-8 to M:
 *   log2 x = k + log2 2c + 2 / ln 2 * atanh z        z = (M - c) / (M + c)        atanh z = z + z (z^2 / 3 + z^4 / 5 + ...)
 * where |z| < 2^-8, so that 64 bits of the term in brackets do: it is off by 3 in units of 2^-78, relative to z. Next to 1, k and log2 2c
 * are 0, and everything is relative to z.
 */

const INDEX_BITS = 8n;
/** The index of 1/2, and so of numbers next to 1. */
const ONE = 128n;
/** A quarter of 2 / ln 2. */
const SCALE = constant((1n << 319n) / ln2(192));

const ODD = [ratio(1n, 3n), ratio(1n, 5n), ratio(1n, 7n), ratio(1n, 9n)];

/** atanh z - z, divided by z, in units of 2^-78; `short`: z in units of 2^-71. */
function bend(e: Emitter, short: Wide): Wide {
  const square = productHigh(e, short, short);
  return productHigh(e, square, horner(e, ODD, square, 14n, false));
}

/** A magnitude with its top bit set, its exponent, and its sign, 0 or SIGN. */
interface Logarithm {
  readonly value: { high: Temp; low: Temp };
  readonly exp: Temp;
  readonly sign: Temp;
}

function newLogarithm(e: Emitter): Logarithm {
  return { value: variableFixed(e), exp: e.variable(0), sign: e.variable(0) };
}
function assign(e: Emitter, to: Logarithm, value: Fixed, exp: Value, negative: Wide): void {
  const { value: top, places } = normalized(e, value);
  e.assignWide(to.value.high, top.high);
  e.assignWide(to.value.low, top.low);
  e.assign(to.exp, e.sub(exp, e.low(places)));
  e.assign(to.sign, e.shl(e.low(negative), 15));
}

/** 2 / ln 2 * (z + bent), divided by eight. */
function scaled(e: Emitter, z: Fixed, bent: Fixed): Fixed {
  return multiply(e, add(e, shiftRight(e, z, 1n), shiftRight(e, bent, 1n)), SCALE);
}

/** The logarithm of a number next to 1 by z = n / d * 2^-gap: n has its top bit set, d is next to 1/2. */
function nextToOne(e: Emitter, unless: Unless, to: Logarithm, n: Fixed, gap: Wide, d: Fixed, negative: Wide): void {
  unless(e.compareWide(Op.i64_lt_u, e.subWide(gap, 8n), 100n));
  const { value: divisor, places } = normalized(e, d);
  const quotient = divide(e, shiftRight(e, n, 1n), divisor);
  // z = 2 quotient * 2^-(gap - places)
  const shift = e.subWide(gap, places);
  const short = e.selectWide(e.compareWide(Op.i64_lt_u, shift, 64n), e.shrUWide(quotient.high, e.subWide(shift, 8n)), 0n);
  const bent = shiftRight(e, product(e, quotient.high, bend(e, short)), 14n);
  assign(e, to, scaled(e, quotient, bent), e.sub(BIAS + 3, e.low(shift)), negative);
}

/** log2 of x = F * 2^k, where F has its top bit set. */
function logarithmOf(e: Emitter, unless: Unless, f: Fixed, k: Value): Logarithm {
  const to = newLogarithm(e);
  const large = e.compareWide(Op.i64_ge_u, f.high, 3n << 62n);
  const m = shiftRightBy(e, f, e.wideU(large));
  const exponentLeft = e.sub(k, e.xor(large, 1));
  const index = e.shrUWide(e.addWide(m.high, 1n << (63n - INDEX_BITS)), 64n - INDEX_BITS);
  const c: Fixed = { high: e.shlWide(index, 64n - INDEX_BITS), low: 0n };
  const { value: numerator, negative } = magnitude(e, subtract(e, m, c));
  // M + c, a half of it.
  const denominator = add(e, shiftRight(e, m, 1n), { high: e.shrUWide(c.high, 1n), low: 0n });
  e.when(
    e.and(e.compareWide(Op.i64_eq, index, ONE), e.eqz(exponentLeft)),
    () => {
      // Powers of two are exact, which is the other way's.
      unless(e.compareWide(Op.i64_ne, numerator.high, 0n));
      const { value: n, places } = normalized(e, numerator);
      nextToOne(e, unless, to, n, e.addWide(places, 1n), denominator, negative);
    },
    () => {
      unless(e.or(e.compareWide(Op.i64_ne, index, ONE), e.eqz(e.eqzWide(e.orWide(numerator.high, numerator.low)))));
      const { value: divisor, places } = normalized(e, denominator);
      const z = divide(e, shiftRightBy(e, numerator, e.subWide(1n, places)), divisor);
      const short = e.orWide(e.shlWide(z.high, 7n), e.shrUWide(z.low, 57n));
      const bent = shiftRight(e, product(e, short, bend(e, short)), 21n);
      // In units of 2^-112.
      const small = negateIf(e, negative, shiftRight(e, scaled(e, z, bent), 13n));
      const whole: Fixed = { high: e.shlWide(e.wideS(exponentLeft), 48n), low: 0n };
      const table = logarithms.at(e, e.sub(e.low(index), LOGARITHMS_FROM));
      const { value, negative: sign } = magnitude(e, add(e, add(e, whole, table), small));
      assign(e, to, value, BIAS + 15, sign);
    },
  );
  return to;
}

/** Ends the helper with y times a logarithm. */
function giveTimes(e: Emitter, unless: Unless, y: Extended, { value, exp, sign }: Logarithm): void {
  const { value: top, places } = normalized(e, scale(e, value, y.sig));
  const sum = e.sub(e.add(e.sub(exponent(e, y), BIAS - 1), exp), e.low(places));
  unless(e.ltU(e.sub(sum, 1), EXPONENT - 2));
  const rounded = decided(e, unless, top, sum);
  giveExtended(e, rounded.sig, packed(e, e.xor(sign, e.and(y.se, SIGN)), rounded));
}

/** (y, x) -> y log2(x), perhaps with ROUNDED_UP; NO_RESULT if the callout has to decide. Reports nothing. */
export const logarithmTimes: Helper = {
  name: "x87LogarithmTimes",
  params: TWO_EXTENDED,
  results: EXTENDED,
  emit(e) {
    const y = parameter(0);
    const x = parameter(2);
    attempt(e, (unless) => {
      unless(decides(e, ofLogarithms));
      unless(e.and(isNormal(e, y), isNormal(e, x)));
      unless(e.eqz(e.and(x.se, SIGN)));
      const logarithm = logarithmOf(e, unless, { high: x.sig, low: 0n }, e.sub(exponent(e, x), BIAS - 1));
      giveTimes(e, unless, y, logarithm);
    });
    giveExtended(e, 0n, NO_RESULT);
  },
};

/** (y, x) -> y log2(x + 1) for |x| < 1/2, perhaps with ROUNDED_UP; NO_RESULT if the callout has to decide. Reports nothing. */
export const logarithmPlusOneTimes: Helper = {
  name: "x87LogarithmPlusOneTimes",
  params: TWO_EXTENDED,
  results: EXTENDED,
  emit(e) {
    const y = parameter(0);
    const x = parameter(2);
    attempt(e, (unless) => {
      unless(decides(e, ofLogarithms));
      unless(e.and(isNormal(e, y), isNormal(e, x)));
      // x is its significand * 2^-(gap + 1) relative to 1, for which gap places are there in units of 2^-127.
      const gap = e.sub(BIAS - 1, exponent(e, x));
      unless(e.ltU(e.sub(gap, 1), 61));
      const negative = e.wideU(e.shrU(e.and(x.se, SIGN), 15));
      const shift = e.wideU(gap);
      const part = negateIf(e, negative, shiftRightBy(e, { high: x.sig, low: 0n }, e.addWide(shift, 1n)));
      e.when(e.ltU(9, gap), () => {
        // z = x / (2 + x)
        const to = newLogarithm(e);
        nextToOne(e, unless, to, { high: x.sig, low: 0n }, e.addWide(shift, 2n), shiftedSum(e, part), negative);
        giveTimes(e, unless, y, to);
      });
      const { value: f, places } = normalized(e, add(e, { high: 1n << 63n, low: 0n }, part));
      giveTimes(e, unless, y, logarithmOf(e, unless, f, e.sub(1, e.low(places))));
    });
    giveExtended(e, 0n, NO_RESULT);
  },
};

/** (2 + x) / 4 from x / 2. */
function shiftedSum(e: Emitter, half: Fixed): Fixed {
  const quarter: Fixed = { high: e.shrSWide(half.high, 1n), low: e.orWide(e.shlWide(half.high, 63n), e.shrUWide(half.low, 1n)) };
  return add(e, { high: 1n << 63n, low: 0n }, quarter);
}
