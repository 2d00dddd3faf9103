import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import { Op } from "../wasm/opcodes.js";
import { callHelper, forbids, invalid, report } from "./exceptions.js";
import { binaryHelper, denormal } from "./operands.js";
import { giveNearest, giveRounded, HALF } from "./rounding.js";
import { giveExtended, isDenormal, isInfinity, isZero, variableWide } from "./unpacked.js";
import type { Double } from "./wide.js";
import { BIAS, EXPONENT, INTEGER_BIT, NO_RESULT, SIGN, ZE } from "./words.js";

/**
 * One digit in base 2^32 of a division: (remainder * 2^32 + next) / divisor, where remainder < divisor and the divisor has its top bit
 * set. Changes `remainder` and gives the digit (Knuth, TAOCP vol. 2, 4.3.1, algorithm D for a divisor of two digits).
 */
export function digit(e: Emitter, remainder: Temp, next: Wide, divisor: Wide): Wide {
  const high = e.shrUWide(divisor, 32n);
  const low = e.andWide(divisor, 0xffff_ffffn);
  const q = variableWide(e, e.divUWide(remainder, high));
  const r = variableWide(e, e.subWide(remainder, e.mulWide(q, high)));
  // The estimate is at most two too large. `r` stays below 2^32 as long as it can tell.
  const correct = () =>
    e.when(e.compareWide(Op.i64_lt_u, r, 1n << 32n), () => {
      const tooLarge = e.or(
        e.compareWide(Op.i64_ge_u, q, 1n << 32n),
        e.compareWide(Op.i64_gt_u, e.mulWide(q, low), e.orWide(e.shlWide(r, 32n), next)),
      );
      e.when(tooLarge, () => {
        e.assignWide(q, e.subWide(q, 1n));
        e.assignWide(r, e.addWide(r, high));
      });
    });
  correct();
  correct();
  e.assignWide(remainder, e.subWide(e.orWide(e.shlWide(remainder, 32n), next), e.mulWide(q, divisor)));
  return q;
}

/** What a remainder amounts to below the last place, as 64 bits that are right about half, less and more. */
function below(e: Emitter, remainder: Wide, divisor: Wide): Wide {
  const rest = e.subWide(divisor, remainder);
  const more = e.selectWide(e.compareWide(Op.i64_gt_u, remainder, rest), HALF | 1n, e.selectWide(e.eqzWide(remainder), 0n, 1n));
  return e.selectWide(e.compareWide(Op.i64_eq, remainder, rest), HALF, more);
}

/** a / b of significands, with the top bit set; `smaller` (0 or 1): the exponent is one less, because a < b. */
function quotientOf(e: Emitter, a: Wide, b: Wide): { quotient: Double; smaller: Value } {
  // A dividend below the divisor gets 64 more bits, else 63.
  const smaller = e.compareWide(Op.i64_lt_u, a, b);
  const remainder = variableWide(e, e.selectWide(smaller, a, e.shrUWide(a, 1n)));
  const next = e.selectWide(smaller, 0n, e.shlWide(e.andWide(a, 1n), 31n));
  const high = digit(e, remainder, next, b);
  const low = digit(e, remainder, 0n, b);
  const quotient = { high: variableWide(e, e.orWide(e.shlWide(high, 32n), low)), low: variableWide(e, below(e, remainder, b)) };
  return { quotient, smaller };
}

/** a / b. */
export const divide = binaryHelper("x87Divide", {
  usual(e, a, b, unless) {
    const { quotient, smaller } = quotientOf(e, a.sig, b.sig);
    const exp = e.sub(e.add(e.sub(a.exp, b.exp), BIAS), smaller);
    unless(e.ltU(e.sub(exp, 1), EXPONENT - 2));
    giveNearest(e, e.and(e.xor(a.se, b.se), SIGN), exp, quotient);
  },
  limits(e, core, a, b) {
    const infinityA = isInfinity(e, a);
    const infinityB = isInfinity(e, b);
    const zeroA = isZero(e, a);
    const zeroB = isZero(e, b);
    e.when(e.or(e.and(infinityA, infinityB), e.and(zeroA, zeroB)), () => {
      callHelper(e, core, invalid);
      e.f.op(Op.return);
    });
    const sign = e.and(e.xor(a.se, b.se), SIGN);
    const give = (infinite: Value) => giveExtended(e, e.selectWide(infinite, INTEGER_BIT, 0n), e.or(sign, e.select(infinite, EXPONENT, 0)));
    e.when(e.and(zeroB, e.eqz(infinityA)), () => {
      e.when(forbids(e, core, ZE), () => giveExtended(e, 0n, NO_RESULT));
      give(1);
    });
    e.when(e.or(e.or(infinityA, infinityB), e.or(zeroA, zeroB)), () => {
      report(e, core, 0);
      denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
      give(infinityA);
    });
  },
  finite(e, core, x, y) {
    const { quotient, smaller } = quotientOf(e, x.sig, y.sig);
    giveRounded(e, core, e.xor(x.sign, y.sign), e.sub(e.add(e.sub(x.exp, y.exp), BIAS), smaller), quotient);
  },
});
