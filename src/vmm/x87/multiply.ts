import type { Helper } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";
import { callHelper, invalid, report } from "./exceptions.js";
import { denormal, operands } from "./operands.js";
import { giveRounded } from "./rounding.js";
import { EXTENDED, giveExtended, isDenormal, isInfinity, isZero, parameter, TWO_EXTENDED, topBit } from "./unpacked.js";
import { product, shiftLeftOne } from "./wide.js";
import { BIAS, EXPONENT, INTEGER_BIT, SIGN } from "./words.js";

/** a * b. */
export const multiply: Helper = {
  name: "x87Multiply",
  params: TWO_EXTENDED,
  results: EXTENDED,
  emit(e, core) {
    const a = parameter(0);
    const b = parameter(2);
    const sign = e.and(e.xor(a.se, b.se), SIGN);
    const { x, y } = operands(e, core, a, b, () => {
      const infinity = e.or(isInfinity(e, a), isInfinity(e, b));
      const zero = e.or(isZero(e, a), isZero(e, b));
      e.when(e.and(infinity, zero), () => {
        callHelper(e, core, invalid);
        e.f.op(Op.return);
      });
      e.when(e.or(infinity, zero), () => {
        report(e, core, 0);
        denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
        giveExtended(e, e.selectWide(infinity, INTEGER_BIT, 0n), e.or(sign, e.select(infinity, EXPONENT, 0)));
      });
    });
    const p = product(e, x.sig, y.sig);
    const exp = e.variable(e.sub(e.add(x.exp, y.exp), BIAS - 1));
    e.when(e.eqz(topBit(e, p.high)), () => {
      shiftLeftOne(e, p);
      e.assign(exp, e.sub(exp, 1));
    });
    giveRounded(e, core, sign, exp, p);
  },
};
