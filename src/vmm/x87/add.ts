import { X87_CONTROL } from "../cpu/layout.js";
import type { Emitter, Value } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import type { Unless } from "./attempt.js";
import { callHelper, invalid, report } from "./exceptions.js";
import { binaryHelper, denormal, type Normal } from "./operands.js";
import { giveNearest, giveRounded } from "./rounding.js";
import {
  type Extended,
  giveExtended,
  isDenormal,
  isInfinity,
  isNotZeroWide,
  isZero,
  normalize,
  type Unpacked,
  unpack,
  variableWide,
} from "./unpacked.js";
import { type Double, normalizeDouble, shiftLeftOut, shiftRightFrom } from "./wide.js";
import { EXPONENT, INTEGER_BIT, RC, RC_DOWN, SIGN } from "./words.js";

/** Sum of finite numbers that are not 0, rounded; ends the helper. */
function giveSum(e: Emitter, core: HelperLinker, x: Unpacked, y: Unpacked): void {
  // The larger magnitude (by exponent, then significand) comes first.
  const swap = e.or(e.ltS(x.exp, y.exp), e.and(e.eq(x.exp, y.exp), e.compareWide(Op.i64_lt_u, x.sig, y.sig)));
  const sign = e.select(swap, y.sign, x.sign);
  const exp = e.variable(e.select(swap, y.exp, x.exp));
  const large = e.selectWide(swap, y.sig, x.sig);
  const small = shiftRightFrom(e, e.selectWide(swap, x.sig, y.sig), e.wideU(e.sub(exp, e.select(swap, x.exp, y.exp))));
  const sum: Double = { high: e.temp(ValueType.i64), low: small.low };

  e.when(
    e.eq(x.sign, y.sign),
    () => {
      const high = e.addWide(large, small.high);
      const carry = e.compareWide(Op.i64_lt_u, high, large);
      const c = e.wideU(carry);
      const kept = e.orWide(e.shrUWide(small.low, c), e.andWide(small.low, c));
      e.assignWide(sum.low, e.orWide(kept, e.shlWide(e.andWide(high, c), 63n)));
      e.assignWide(sum.high, e.orWide(e.shrUWide(high, c), e.shlWide(c, 63n)));
      e.assign(exp, e.add(exp, carry));
    },
    () => {
      e.assignWide(sum.high, e.subWide(e.subWide(large, small.high), isNotZeroWide(e, small.low)));
      e.assignWide(sum.low, e.subWide(0n, small.low));
      e.when(e.eqzWide(sum.high), () => {
        // Operands one place apart may leave a single bit below; equal ones leave nothing.
        e.when(e.eqzWide(sum.low), () => giveZero(e, core, zeroSign(e)));
        e.assignWide(sum.high, sum.low);
        e.assignWide(sum.low, 0n);
        e.assign(exp, e.sub(exp, 64));
      });
      e.assign(exp, e.sub(exp, e.low(normalizeDouble(e, sum))));
    },
  );
  giveRounded(e, core, sign, exp, sum);
}

/**
 * The usual sum, of numbers less than 64 places apart. The significand of the smaller one is shifted into 64 places below the larger
 * one's; only where the exponents are the same may it turn out to be larger.
 */
function giveUsualSum(e: Emitter, a: Normal, b: Normal, unless: Unless): void {
  const distance = e.sub(a.exp, b.exp);
  const swap = e.ltS(distance, 0);
  const places = e.select(swap, e.sub(0, distance), distance);
  unless(e.ltU(places, 64));
  const sign = e.and(e.select(swap, b.se, a.se), SIGN);
  const exp = e.select(swap, b.exp, a.exp);
  const large = e.selectWide(swap, b.sig, a.sig);
  const small = e.selectWide(swap, a.sig, b.sig);
  const n = e.wideU(places);
  const high = e.shrUWide(small, n);
  const low = shiftLeftOut(e, small, n);
  e.when(
    e.and(e.xor(a.se, b.se), SIGN),
    () => {
      const result: Double = {
        high: variableWide(e, e.subWide(e.subWide(large, high), isNotZeroWide(e, low))),
        low: variableWide(e, e.subWide(0n, low)),
      };
      const signLeft = e.variable(sign);
      e.when(e.compareWide(Op.i64_lt_u, large, high), () => {
        e.assignWide(result.high, e.subWide(0n, result.high));
        e.assign(signLeft, e.xor(sign, SIGN));
      });
      // Nothing left, or a single bit below: the exact way.
      unless(e.compareWide(Op.i64_ne, result.high, 0n));
      const expLeft = e.sub(exp, e.low(normalizeDouble(e, result)));
      unless(e.gtS(expLeft, 0));
      giveNearest(e, signLeft, expLeft, result);
    },
    () => {
      unless(e.ltU(exp, EXPONENT - 1));
      // Less than 64 places apart, the lowest bit of `low` is not in use.
      const sum = e.addWide(large, high);
      // A branch for the carry is better than to do without: most sums are of one kind.
      e.when(e.compareWide(Op.i64_lt_u, sum, large), () => {
        const halved = { high: e.orWide(e.shrUWide(sum, 1n), INTEGER_BIT), low: e.orWide(e.shrUWide(low, 1n), e.shlWide(sum, 63n)) };
        giveNearest(e, sign, e.add(exp, 1), halved);
      });
      giveNearest(e, sign, exp, { high: sum, low });
    },
  );
}

/** Sign of an exact zero difference: plus, but minus when rounding down. */
function zeroSign(e: Emitter): Value {
  return e.select(e.eq(e.and(e.state(X87_CONTROL), RC), RC_DOWN), SIGN, 0);
}

function giveZero(e: Emitter, core: HelperLinker, sign: Value): void {
  report(e, core, 0);
  giveExtended(e, 0n, sign);
}

/** Sums with an infinity or a zero in them. `sign` is that of `b` as it counts in the sum. */
function limits(e: Emitter, core: HelperLinker, a: Extended, b: Extended, signA: Value, signB: Value): void {
  const infinityA = isInfinity(e, a);
  const infinityB = isInfinity(e, b);
  e.when(e.or(infinityA, infinityB), () => {
    e.when(e.and(e.and(infinityA, infinityB), e.ne(signA, signB)), () => {
      callHelper(e, core, invalid);
      e.f.op(Op.return);
    });
    report(e, core, 0);
    denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
    giveExtended(e, 1n << 63n, e.or(e.select(infinityA, signA, signB), 0x7fff));
  });
  const zeroA = isZero(e, a);
  const zeroB = isZero(e, b);
  e.when(e.and(zeroA, zeroB), () => giveZero(e, core, e.select(e.eq(signA, signB), signA, zeroSign(e))));
  e.when(e.or(zeroA, zeroB), () => {
    denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
    const rest = unpack(e, {
      sig: e.selectWide(zeroA, b.sig, a.sig),
      se: e.or(e.select(zeroA, signB, signA), e.and(e.select(zeroA, b.se, a.se), 0x7fff)),
    });
    normalize(e, rest);
    giveRounded(e, core, rest.sign, rest.exp, { high: rest.sig, low: variableWide(e, 0n) });
  });
}

function sum(name: string, negate: number): Helper {
  return binaryHelper(name, {
    usual: (e, a, b, unless) => giveUsualSum(e, a, { ...b, se: e.xor(b.se, negate) }, unless),
    limits: (e, core, a, b) => limits(e, core, a, b, e.and(a.se, SIGN), e.xor(e.and(b.se, SIGN), negate)),
    finite: (e, core, x, y) => giveSum(e, core, x, { ...y, sign: e.variable(e.xor(y.sign, negate)) }),
  });
}

/** a + b. */
export const add = sum("x87Add", 0);
/** a - b. */
export const subtract = sum("x87Subtract", SIGN);
