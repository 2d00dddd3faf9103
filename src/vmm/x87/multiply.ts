import { Op } from "../wasm/opcodes.js";
import { callHelper, invalid, report } from "./exceptions.js";
import { binaryHelper, denormal } from "./operands.js";
import { giveNearest, giveRounded } from "./rounding.js";
import { giveExtended, isDenormal, isInfinity, isZero, topBit } from "./unpacked.js";
import { normalizeDouble, product } from "./wide.js";
import { BIAS, EXPONENT, INTEGER_BIT, SIGN } from "./words.js";

/** a * b. */
export const multiply = binaryHelper("x87Multiply", {
  usual(e, a, b, unless) {
    const { high, low } = product(e, a.sig, b.sig);
    const top = topBit(e, high);
    const exp = e.add(e.sub(e.add(a.exp, b.exp), BIAS), top);
    const normalized = {
      high: e.selectWide(top, high, e.orWide(e.shlWide(high, 1n), e.shrUWide(low, 63n))),
      low: e.selectWide(top, low, e.shlWide(low, 1n)),
    };
    unless(e.ltU(e.sub(exp, 1), EXPONENT - 2));
    giveNearest(e, e.and(e.xor(a.se, b.se), SIGN), exp, normalized);
  },
  limits(e, core, a, b) {
    const infinity = e.or(isInfinity(e, a), isInfinity(e, b));
    const zero = e.or(isZero(e, a), isZero(e, b));
    e.when(e.and(infinity, zero), () => {
      callHelper(e, core, invalid);
      e.f.op(Op.return);
    });
    e.when(e.or(infinity, zero), () => {
      report(e, core, 0);
      denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
      const sign = e.and(e.xor(a.se, b.se), SIGN);
      giveExtended(e, e.selectWide(infinity, INTEGER_BIT, 0n), e.or(sign, e.select(infinity, EXPONENT, 0)));
    });
  },
  finite(e, core, x, y) {
    const p = product(e, x.sig, y.sig);
    const zeros = normalizeDouble(e, p);
    giveRounded(e, core, e.xor(x.sign, y.sign), e.sub(e.sub(e.add(x.exp, y.exp), BIAS - 1), e.low(zeros)), p);
  },
});
