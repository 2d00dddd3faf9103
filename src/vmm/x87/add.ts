import { X87_CONTROL } from "../cpu/layout.js";
import type { Emitter, Value } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";
import { callHelper, invalid, report } from "./exceptions.js";
import { denormal, operands } from "./operands.js";
import { giveRounded } from "./rounding.js";
import {
  EXTENDED,
  type Extended,
  giveExtended,
  isDenormal,
  isInfinity,
  isNotZeroWide,
  isZero,
  leadingZeros,
  normalize,
  parameter,
  TWO_EXTENDED,
  type Unpacked,
  unpack,
  variableWide,
} from "./unpacked.js";
import { type Double, shiftRightJam } from "./wide.js";
import { RC, RC_DOWN, SIGN } from "./words.js";

/** Sum of finite numbers that are not 0, rounded; ends the helper. Assigns to its operands. */
function giveSum(e: Emitter, core: HelperLinker, x: Unpacked, y: Unpacked): void {
  // The larger magnitude (by exponent, then significand) comes first.
  const swap = e.or(e.ltS(x.exp, y.exp), e.and(e.eq(x.exp, y.exp), e.compareWide(Op.i64_lt_u, x.sig, y.sig)));
  const sign = e.select(swap, y.sign, x.sign);
  const exp = e.select(swap, y.exp, x.exp);
  const large = e.selectWide(swap, y.sig, x.sig);
  const small: Double = { high: variableWide(e, e.selectWide(swap, x.sig, y.sig)), low: variableWide(e, 0n) };
  shiftRightJam(e, small, e.wideU(e.sub(exp, e.select(swap, x.exp, y.exp))));

  e.when(e.eq(x.sign, y.sign), () => {
    const sum: Double = { high: variableWide(e, e.addWide(large, small.high)), low: small.low };
    const carry = e.variable(e.compareWide(Op.i64_lt_u, sum.high, large));
    e.when(carry, () => {
      e.assignWide(sum.low, e.orWide(e.orWide(e.shrUWide(sum.low, 1n), e.andWide(sum.low, 1n)), e.shlWide(sum.high, 63n)));
      e.assignWide(sum.high, e.orWide(e.shrUWide(sum.high, 1n), 1n << 63n));
    });
    giveRounded(e, core, sign, e.add(exp, carry), sum);
  });

  const difference: Double = {
    high: variableWide(e, e.subWide(e.subWide(large, small.high), isNotZeroWide(e, small.low))),
    low: variableWide(e, e.subWide(0n, small.low)),
  };
  const shifted = e.variable(exp);
  e.when(e.eqzWide(difference.high), () => {
    // Operands one place apart may leave a single bit below; equal ones leave nothing.
    e.when(e.eqzWide(difference.low), () => giveZero(e, core, zeroSign(e)));
    e.assignWide(difference.high, difference.low);
    e.assignWide(difference.low, 0n);
    e.assign(shifted, e.sub(exp, 64));
  });
  const zeros = leadingZeros(e, difference.high);
  e.when(e.compareWide(Op.i64_ne, zeros, 0n), () => {
    const out = e.shrUWide(difference.low, e.subWide(0n, zeros));
    e.assignWide(difference.high, e.orWide(e.shlWide(difference.high, zeros), out));
    e.assignWide(difference.low, e.shlWide(difference.low, zeros));
  });
  giveRounded(e, core, sign, e.sub(shifted, e.low(zeros)), difference);
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
  return {
    name,
    params: TWO_EXTENDED,
    results: EXTENDED,
    emit(e, core) {
      const a = parameter(0);
      const b = parameter(2);
      const signB = e.xor(e.and(b.se, SIGN), negate);
      const { x, y } = operands(e, core, a, b, () => limits(e, core, a, b, e.and(a.se, SIGN), signB));
      giveSum(e, core, x, { ...y, sign: e.variable(signB) });
    },
  };
}

/** a + b. */
export const add = sum("x87Add", 0);
/** a - b. */
export const subtract = sum("x87Subtract", SIGN);
