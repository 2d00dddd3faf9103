import type { Emitter, Wide } from "../isa/emitter.js";
import type { Helper } from "../isa/stage.js";
import { Op, Sat, ValueType } from "../wasm/opcodes.js";
import { callHelper, invalid, report } from "./exceptions.js";
import { operand } from "./operands.js";
import { giveRounded, HALF } from "./rounding.js";
import { EXTENDED, giveExtended, isInfinity, isZero, parameter, variableWide } from "./unpacked.js";
import { type Double, product } from "./wide.js";
import { BIAS, SIGN } from "./words.js";

/** floor(sqrt(high * 2^64 + low)) for 2^62 <= high, and whether the remainder is none, below or above half a unit, as bits below. */
function root(e: Emitter, high: Wide, low: Wide): Double {
  // Leading 32 bits from the processor's own square root, which may be off by one on a rounded argument.
  e.putWide(e.shrUWide(high, 1n));
  e.f.op(Op.f64_convert_i64_s).op(Op.f64_sqrt).f64(Math.SQRT2).op(Op.f64_mul).sat(Sat.i64_trunc_sat_f64_s);
  const lead = e.take(ValueType.i64);
  e.when(e.compareWide(Op.i64_gt_u, lead, 0xffff_ffffn), () => e.assignWide(lead, 0xffff_ffffn));
  e.when(e.compareWide(Op.i64_gt_u, e.mulWide(lead, lead), high), () => e.assignWide(lead, e.subWide(lead, 1n)));
  const rest = variableWide(e, e.subWide(high, e.mulWide(lead, lead)));
  e.when(e.compareWide(Op.i64_gt_u, rest, e.shlWide(lead, 1n)), () => {
    e.assignWide(rest, e.subWide(e.subWide(rest, e.shlWide(lead, 1n)), 1n));
    e.assignWide(lead, e.addWide(lead, 1n));
  });
  // The next 32 by one step of Zimmermann's recursive square root: (rest * 2^32 + next digit) / (2 * lead), at most 2^32 - 1.
  const quotient = variableWide(e, e.divUWide(e.orWide(e.shlWide(rest, 31n), e.shrUWide(low, 33n)), lead));
  e.when(e.compareWide(Op.i64_gt_u, quotient, 0xffff_ffffn), () => e.assignWide(quotient, 0xffff_ffffn));
  const s = variableWide(e, e.orWide(e.shlWide(lead, 32n), quotient));
  // That may be one too large; the exact remainder (which fits in 65 bits) tells.
  const square = product(e, s, s);
  const remainder: Double = {
    low: variableWide(e, e.subWide(low, square.low)),
    high: variableWide(e, e.subWide(e.subWide(high, square.high), e.wideU(e.compareWide(Op.i64_lt_u, low, square.low)))),
  };
  e.when(e.compareWide(Op.i64_lt_s, remainder.high, 0n), () => {
    // (s - 1)^2 = s^2 - 2s + 1
    e.assignWide(s, e.subWide(s, 1n));
    const back = e.orWide(e.shlWide(s, 1n), 1n);
    e.assignWide(remainder.low, e.addWide(remainder.low, back));
    const carry = e.wideU(e.compareWide(Op.i64_lt_u, remainder.low, back));
    e.assignWide(remainder.high, e.addWide(e.addWide(remainder.high, e.shrUWide(s, 63n)), carry));
  });
  // Half a unit would be a remainder of s + 1/4: never exact.
  const above = e.or(e.compareWide(Op.i64_ne, remainder.high, 0n), e.compareWide(Op.i64_gt_u, remainder.low, s));
  const below = e.selectWide(above, HALF | 1n, e.selectWide(e.eqzWide(remainder.low), 0n, 1n));
  return { high: s, low: variableWide(e, below) };
}

/** Square root of a. */
export const squareRoot: Helper = {
  name: "x87SquareRoot",
  params: EXTENDED,
  results: EXTENDED,
  emit(e, core) {
    const a = parameter(0);
    const giveInvalidIf = (negative: ReturnType<typeof isZero>) =>
      e.when(negative, () => {
        callHelper(e, core, invalid);
        e.f.op(Op.return);
      });
    const x = operand(e, core, a, () => {
      // Minus zero is its own root.
      e.when(isZero(e, a), () => {
        report(e, core, 0);
        giveExtended(e, 0n, a.se);
      });
      giveInvalidIf(e.and(a.se, SIGN));
      e.when(isInfinity(e, a), () => {
        report(e, core, 0);
        giveExtended(e, a.sig, a.se);
      });
    });
    giveInvalidIf(x.sign);
    // value = sig * 2^(exp - BIAS - 63): with an even exponent the radicand is sig * 2^63, else sig * 2^64.
    const unbiased = e.sub(x.exp, BIAS);
    const even = e.eqz(e.and(unbiased, 1));
    const r = root(e, e.selectWide(even, e.shrUWide(x.sig, 1n), x.sig), e.selectWide(even, e.shlWide(x.sig, 63n), 0n));
    giveRounded(e, core, 0, e.add(e.shrS(unbiased, 1), BIAS), r);
  },
};
