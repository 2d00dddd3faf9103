import { X87_CONTROL } from "../cpu/layout.js";
import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { attempt, type Unless } from "./attempt.js";
import { callHelper, forbids, report } from "./exceptions.js";
import { operand } from "./operands.js";
import { reportInexact, roundNearest, roundsUp } from "./rounding.js";
import {
  EXTENDED,
  type Extended,
  exponent,
  giveExtended,
  isInfinity,
  isNanOrUnsupported,
  isZero,
  parameter,
  topBit,
  variableWide,
} from "./unpacked.js";
import { type Double, shiftRightJam } from "./wide.js";
import { BIAS, C1, IE, PE, RC, RC_NEAREST, RC_ZERO, SIGN } from "./words.js";

/** Rounds a magnitude below 2^64 to an integer by rounding control; gives PE and C1, and in `n.high` the integer (0 if it carried out). */
function roundToUnit(e: Emitter, core: HelperLinker, sign: Value, exp: Value, n: Double): Value {
  shiftRightJam(e, n, e.wideU(e.sub(BIAS + 63, exp)));
  callHelper(e, core, roundsUp, sign, n.low, e.low(e.andWide(n.high, 1n)));
  const up = e.take();
  e.assignWide(n.high, e.addWide(n.high, e.wideU(up)));
  return e.or(e.select(e.eqzWide(n.low), 0, PE), e.select(up, C1, 0));
}

/**
 * The usual conversion: of a number from 1 on that is too small to leave the range when it is rounded, to nearest or (as C does) towards
 * zero, where inexact results are masked.
 */
function giveUsual(e: Emitter, a: Extended, size: Value, unless: Unless, give: (n: Wide) => void): void {
  const mode = e.and(e.state(X87_CONTROL), PE | RC);
  const places = e.sub(exponent(e, a), BIAS);
  unless(topBit(e, a.sig));
  unless(e.ltU(places, e.sub(e.shl(size, 3), 2)));
  const n = e.shrUWide(a.sig, e.wideU(e.sub(63, places)));
  const below = e.shlWide(a.sig, e.wideU(e.add(places, 1)));
  const giveSigned = (magnitude: Wide) => give(e.selectWide(e.and(a.se, SIGN), e.subWide(0n, magnitude), magnitude));
  e.when(e.eq(mode, PE | RC_NEAREST), () => giveSigned(roundNearest(e, n, below)));
  unless(e.eq(mode, PE | RC_ZERO));
  reportInexact(e, below, 0n);
  giveSigned(n);
}

/**
 * (number, size 2, 4 or 8) -> (signed integer in the low bytes, whether to store it). What does not fit is invalid and gives the
 * integer indefinite, the most negative one.
 */
export const toInteger: Helper = {
  name: "x87ToInteger",
  params: [...EXTENDED, ValueType.i32],
  results: [ValueType.i64, ValueType.i32],
  emit(e, core) {
    const a = parameter(0);
    const size: Temp = { local: 2 };
    const give = (n: Wide, stored: Value) => {
      e.putWide(n);
      e.put(stored);
      e.f.op(Op.return);
    };
    attempt(e, (unless) => giveUsual(e, a, size, unless, (n) => give(n, 1)));
    const limit = e.shlWide(1n, e.wideU(e.sub(e.shl(size, 3), 1)));
    const giveInvalid = () => {
      e.when(forbids(e, core, IE), () => give(0n, 0));
      give(limit, 1);
    };
    const exp = exponent(e, a);
    const sign = e.and(a.se, SIGN);
    e.when(e.or(isNanOrUnsupported(e, a), e.gtS(exp, BIAS + 63)), giveInvalid);
    const n: Double = { high: variableWide(e, a.sig), low: variableWide(e, 0n) };
    const flags = roundToUnit(e, core, sign, exp, n);
    // The largest magnitude is `limit` for a negative number and one less otherwise; a carry out of 64 bits has PE set and leaves 0.
    const carried = e.and(e.eqzWide(n.high), e.eq(exp, BIAS + 63));
    const largest = e.subWide(limit, e.selectWide(sign, 0n, 1n));
    e.when(e.or(carried, e.compareWide(Op.i64_gt_u, n.high, largest)), giveInvalid);
    report(e, core, flags);
    give(e.selectWide(sign, e.subWide(0n, n.high), n.high), 1);
    e.f.op(Op.unreachable);
  },
};

/** FRNDINT. */
export const roundToInteger: Helper = {
  name: "x87RoundToInteger",
  params: EXTENDED,
  results: EXTENDED,
  emit(e, core) {
    const a = parameter(0);
    const giveSame = () => {
      report(e, core, 0);
      giveExtended(e, a.sig, a.se);
    };
    const x = operand(e, core, a, () => e.when(e.or(isInfinity(e, a), isZero(e, a)), giveSame));
    e.when(e.gtS(x.exp, BIAS + 62), giveSame);
    const n: Double = { high: variableWide(e, x.sig), low: variableWide(e, 0n) };
    const flags = roundToUnit(e, core, x.sign, x.exp, n);
    report(e, core, flags);
    e.when(e.eqzWide(n.high), () => giveExtended(e, 0n, x.sign));
    e.putWide(n.high);
    e.f.op(Op.i64_clz);
    const zeros = e.take(ValueType.i64);
    giveExtended(e, e.shlWide(n.high, zeros), e.or(x.sign, e.sub(BIAS + 63, e.low(zeros))));
  },
};
