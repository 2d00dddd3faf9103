import type { Emitter } from "../../isa/emitter.js";
import type { Helper } from "../../isa/stage.js";
import { attempt } from "../attempt.js";
import { ln2 } from "../elementary.js";
import { EXTENDED, exponent, giveExtended, parameter, topBit } from "../unpacked.js";
import { productHigh } from "../wide.js";
import { BIAS, NO_RESULT, SIGN } from "../words.js";
import { decided, decides, packed, variableFixed } from "./decided.js";
import {
  add,
  constant,
  type Fixed,
  horner,
  magnitude,
  multiply,
  negateIf,
  normalized,
  ratio,
  shiftRight,
  shiftRightBy,
  subtract,
} from "./fixed.js";
import { EXPONENTIALS_ZERO, exponentials, ofExponentials } from "./tables.js";

/*
 * With c the nearest multiple of 2^-8 to |x|, below 1, and s = (|x| - c) ln 2, its sign turned with that of x:
 *   2^x - 1 = 2^c - 1 + 2^c (e^s - 1)        e^s - 1 = s + s^2 / 2 + s (s^2 / 6 + s^3 / 24 + ...)
 * where |s| <= 2^-8.5, so that 64 bits of the term in brackets do: it is off by 3 in units of 2^-78, relative to s.
 */

/** Numbers from 2^-60 on and below 1. */
const LEAST = BIAS - 60;
const BINADES = 60;
const LN2 = constant(ln2(128));
const FACTORIALS = [6n, 24n, 120n, 720n, 5040n, 40320n].map((n) => ratio(1n, n));

/** (e^s - 1) / s - 1 for the magnitude of s, in two's complement and units of 2^-128; `negative`: s is. */
function growth(e: Emitter, s: Fixed, negative: boolean): Fixed {
  const short = e.orWide(e.shlWide(s.high, 7n), e.shrUWide(s.low, 57n));
  const square = productHigh(e, short, short);
  const rest = productHigh(e, square, horner(e, FACTORIALS, short, 7n, negative));
  const linear = shiftRight(e, s, 1n);
  const higher = shiftRight(e, { high: rest, low: 0n }, 14n);
  return negative ? subtract(e, higher, linear) : add(e, higher, linear);
}

/** Number -> 2^x - 1, perhaps with ROUNDED_UP; NO_RESULT if the callout has to decide. Reports nothing. */
export const exponential: Helper = {
  name: "x87Exponential",
  params: EXTENDED,
  results: EXTENDED,
  emit(e) {
    const a = parameter(0);
    attempt(e, (unless) => {
      unless(decides(e, ofExponentials));
      unless(topBit(e, a.sig));
      const gap = e.sub(exponent(e, a), LEAST);
      unless(e.ltU(gap, BINADES));
      const below = e.wideU(e.sub(BINADES - 1, gap));
      const x = shiftRightBy(e, { high: a.sig, low: 0n }, below);
      const nearest = e.shrUWide(e.addWide(e.shrUWide(x.high, 1n), 1n << 54n), 55n);
      const index = e.selectWide(e.low(e.shrUWide(nearest, 8n)), 255n, nearest);
      const sign = e.and(a.se, SIGN);
      const value = variableFixed(e);
      const exp = e.variable(BIAS - 1);
      const assign = (to: Fixed) => {
        const { value: top, places } = normalized(e, to);
        e.assignWide(value.high, top.high);
        e.assignWide(value.low, top.low);
        e.assign(exp, e.sub(exp, e.low(places)));
      };
      const bySign = (negative: typeof sign, emit: (negative: boolean) => void) =>
        e.when(
          negative,
          () => emit(true),
          () => emit(false),
        );

      e.when(
        e.eqzWide(index),
        () => {
          // Relative to x, which may be small.
          const top = multiply(e, { high: a.sig, low: 0n }, LN2);
          const s = multiply(e, x, LN2);
          bySign(sign, (negative) => {
            const { value: more, negative: less } = magnitude(e, growth(e, s, negative));
            const half = shiftRight(e, top, 1n);
            e.assign(exp, e.sub(BIAS, e.low(below)));
            assign(add(e, half, negateIf(e, less, multiply(e, half, more))));
          });
        },
        () => {
          const { value: d, negative: beyond } = magnitude(e, { high: e.subWide(x.high, e.shlWide(index, 56n)), low: x.low });
          const s = multiply(e, d, LN2);
          const down = e.xor(e.shrU(sign, 15), e.low(beyond));
          const i = e.select(sign, e.sub(EXPONENTIALS_ZERO, e.low(index)), e.add(EXPONENTIALS_ZERO, e.low(index)));
          // 2^c / 2
          const base = exponentials.at(e, i);
          bySign(down, (negative) => {
            const { value: more, negative: less } = magnitude(e, growth(e, s, negative));
            const change = multiply(e, base, add(e, s, negateIf(e, less, multiply(e, s, more))));
            const sum = negative ? subtract(e, base, change) : add(e, base, change);
            // Both are halves; less a half, it has the sign of x.
            const { value: left } = magnitude(e, subtract(e, sum, { high: 1n << 63n, low: 0n }));
            e.assign(exp, BIAS);
            assign(left);
          });
        },
      );
      const rounded = decided(e, unless, value, exp);
      giveExtended(e, rounded.sig, packed(e, sign, rounded));
    });
    giveExtended(e, 0n, NO_RESULT);
  },
};
