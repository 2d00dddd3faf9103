import type { Emitter, Value, Wide } from "../../isa/emitter.js";
import type { Helper } from "../../isa/stage.js";
import { Op, Sat, ValueType } from "../../wasm/opcodes.js";
import { attempt } from "../attempt.js";
import { pi } from "../elementary.js";
import { EXTENDED, exponent, giveExtended, isNormal, parameter, TWO_EXTENDED } from "../unpacked.js";
import { product, productHigh } from "../wide.js";
import { BIAS, NO_RESULT, SIGN } from "../words.js";
import { decided, decides, packed, variableFixed } from "./decided.js";
import {
  add,
  constant,
  divide,
  type Fixed,
  horner,
  magnitude,
  negateIf,
  normalized,
  ratio,
  scale,
  shiftRight,
  shiftRightBy,
  subtract,
} from "./fixed.js";
import { arctangents, ofArctangents } from "./tables.js";

/*
 * With t <= 1 the quotient of the smaller by the larger of |y| and |x|, and c the nearest multiple of 2^-7 below 1:
 *   atan t = atan c + atan z        z = (t - c) / (1 + t c)        atan z = z - z (z^2 / 3 - z^4 / 5 + ...)
 * where |z| <= 2^-8, so that 64 bits of the term in brackets do: it is off by 3 in units of 2^-78, relative to z.
 */

/** t is not below 2^-FAR: beyond, its exponent is the other way's. */
const FAR = 60;
const INDEX_BITS = 7n;

const ODD = [ratio(1n, 3n), ratio(1n, 5n), ratio(1n, 7n), ratio(1n, 9n)];

/** z - atan z, divided by z, in units of 2^-78; `short`: z in units of 2^-71. */
function bend(e: Emitter, short: Wide): Wide {
  const square = productHigh(e, short, short);
  return productHigh(e, square, horner(e, ODD, square, 14n, true));
}

/** atan(n / d * 2^-gap) for significands of numbers of which the first is not larger: normalized, and its exponent. */
function arctangentOf(e: Emitter, n: Wide, d: Wide, gap: Value): { value: Fixed; exp: Value } {
  const value = variableFixed(e);
  const exp = e.variable(BIAS - 1);
  const assign = (to: Fixed) => {
    const { value: top, places } = normalized(e, to);
    e.assignWide(value.high, top.high);
    e.assignWide(value.low, top.low);
    e.assign(exp, e.sub(exp, e.low(places)));
  };
  const shift = e.wideU(gap);
  const smaller = shiftRightBy(e, { high: n, low: 0n }, shift);
  // The table's index, by the processor's own division.
  const half = (x: Wide) => {
    e.putWide(e.shrUWide(x, 1n));
    e.f.op(Op.f64_convert_i64_s);
  };
  half(smaller.high);
  half(d);
  e.f.op(Op.f64_div).f64(128).op(Op.f64_mul).op(Op.f64_nearest).sat(Sat.i64_trunc_sat_f64_s);
  const nearest = e.take(ValueType.i64);
  // Below 1, and not 0 next to 2^-8, where `short` would not have the room.
  const least = e.wideU(e.ltU(gap, 8));
  const index = e.orWide(
    e.selectWide(e.compareWide(Op.i64_gt_u, nearest, 127n), 127n, nearest),
    e.andWide(least, e.wideU(e.eqzWide(nearest))),
  );
  e.when(
    e.eqzWide(index),
    () => {
      // Relative to t, which may be small: it is 2 quotient * 2^-gap.
      const quotient = divide(e, { high: e.shrUWide(n, 1n), low: e.shlWide(n, 63n) }, { high: d, low: 0n });
      const correction = bend(e, e.shrUWide(quotient.high, e.subWide(shift, 8n)));
      e.assign(exp, e.sub(BIAS, gap));
      assign(subtract(e, quotient, shiftRight(e, product(e, quotient.high, correction), 14n)));
    },
    () => {
      const c = e.shlWide(index, 64n - INDEX_BITS);
      const { value: numerator, negative } = magnitude(e, subtract(e, smaller, product(e, d, c)));
      const denominator = shiftRight(e, add(e, shiftRight(e, { high: d, low: 0n }, 1n), shiftRight(e, scale(e, smaller, c), 1n)), 1n);
      const { value: divisor, places } = normalized(e, denominator);
      // Both have been halved twice, or once and moved back.
      const dividend = shiftRightBy(e, numerator, e.subWide(2n, places));
      const z = divide(e, dividend, divisor);
      const short = e.orWide(e.shlWide(z.high, 7n), e.shrUWide(z.low, 57n));
      const cubic = shiftRight(e, product(e, short, bend(e, short)), 21n);
      assign(add(e, arctangents.at(e, e.low(index)), negateIf(e, negative, subtract(e, z, cubic))));
    },
  );
  return { value, exp };
}

/** (y, x) -> the angle of the point (x, y), perhaps with ROUNDED_UP; NO_RESULT if the callout has to decide. Reports nothing. */
export const arctangent: Helper = {
  name: "x87Arctangent",
  params: TWO_EXTENDED,
  results: EXTENDED,
  emit(e) {
    const y = parameter(0);
    const x = parameter(2);
    attempt(e, (unless) => {
      unless(decides(e, ofArctangents));
      unless(e.and(isNormal(e, y), isNormal(e, x)));
      const difference = e.sub(exponent(e, y), exponent(e, x));
      const steep = e.or(e.gtS(difference, 0), e.and(e.eqz(difference), e.compareWide(Op.i64_gt_u, y.sig, x.sig)));
      const gap = e.select(steep, difference, e.sub(0, difference));
      unless(e.ltU(gap, FAR));
      const angle = arctangentOf(e, e.selectWide(steep, x.sig, y.sig), e.selectWide(steep, y.sig, x.sig), gap);
      const left = e.and(x.se, SIGN);
      const sign = e.and(y.se, SIGN);
      e.when(e.eqz(e.or(steep, left)), () => {
        const rounded = decided(e, unless, angle.value, angle.exp);
        giveExtended(e, rounded.sig, packed(e, sign, rounded));
      });
      // pi / 2 or pi and the angle, in units of 2^-126; that is pi / 4 at least.
      const near = shiftRightBy(e, angle.value, e.wideU(e.sub(BIAS + 1, angle.exp)));
      const [right, straight] = [constant(pi(126) >> 1n), constant(pi(126))];
      const base: Fixed = {
        high: e.selectWide(steep, right.high, straight.high),
        low: e.selectWide(steep, right.low, straight.low),
      };
      const minus = e.wideU(e.eqz(e.and(steep, e.shrU(left, 15))));
      const { value, places } = normalized(e, add(e, base, negateIf(e, minus, near)));
      const rounded = decided(e, unless, value, e.sub(BIAS + 1, e.low(places)));
      giveExtended(e, rounded.sig, packed(e, sign, rounded));
    });
    giveExtended(e, 0n, NO_RESULT);
  },
};
