import { X87_CONTROL } from "../cpu/layout.js";
import type { Value } from "../isa/emitter.js";
import type { Helper } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";
import { callHelper, forbids, invalid, report } from "./exceptions.js";
import { propagateOne } from "./nan.js";
import { binaryHelper, denormal } from "./operands.js";
import { roundExtended } from "./rounding.js";
import {
  EXTENDED,
  type Extended,
  giveExtended,
  isDenormal,
  isInfinity,
  isNanOrUnsupported,
  isZero,
  normalize,
  parameter,
  putExtended,
  takeExtended,
  unpack,
} from "./unpacked.js";
import { widenInteger } from "./widen.js";
import { BIAS, C1, DE, EXPONENT, INTEGER_BIT, NO_RESULT, OE, PE, SIGN, UE, WRAP, ZE } from "./words.js";

/** More than any exponent can be off: scaling by it over- or underflows whatever the number. */
const FAR = 0x1_0000;

/** FSCALE: a * 2^b, b rounded towards zero. Precision control does not count. */
export const scale = binaryHelper("x87Scale", {
  limits(e, core, a, b) {
    const infinityA = isInfinity(e, a);
    const infinityB = isInfinity(e, b);
    const zeroA = isZero(e, a);
    const down = e.and(b.se, SIGN);
    e.when(e.and(infinityB, e.select(down, infinityA, zeroA)), () => {
      callHelper(e, core, invalid);
      e.f.op(Op.return);
    });
    report(e, core, 0);
    const whenLimit = (condition: Value, give: () => void) =>
      e.when(condition, () => {
        denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
        give();
      });
    whenLimit(e.or(infinityA, zeroA), () => giveExtended(e, a.sig, a.se));
    whenLimit(infinityB, () => {
      const sign = e.and(a.se, SIGN);
      giveExtended(e, e.selectWide(down, 0n, INTEGER_BIT), e.or(sign, e.select(down, 0, EXPONENT)));
    });
    // Scaling by 0 goes on: `finite` takes b for a number below 1.
  },
  finite(e, core, x, y) {
    // 16 bits of integer are enough.
    const places = e.sub(y.exp, BIAS);
    const whole = e.low(e.shrUWide(y.sig, e.wideU(e.sub(63, places))));
    const magnitude = e.select(e.gtS(places, 15), FAR, e.select(e.ltS(places, 0), 0, whole));
    const exp = e.add(x.exp, e.select(y.sign, e.sub(0, magnitude), magnitude));
    // Further out of range than an unmasked response could bring back: infinity or zero, whatever the rounding control.
    const unmasked = (flag: number) => e.eqz(e.and(e.state(X87_CONTROL), flag));
    e.when(e.and(e.gtS(exp, EXPONENT - 1 + WRAP), unmasked(OE)), () => {
      report(e, core, OE | PE | C1);
      giveExtended(e, INTEGER_BIT, e.or(x.sign, EXPONENT));
    });
    e.when(e.and(e.ltS(exp, 1 - WRAP), unmasked(UE)), () => {
      report(e, core, UE | PE);
      giveExtended(e, 0n, x.sign);
    });
    callHelper(e, core, roundExtended, x.sign, exp, x.sig, 0n);
    e.f.op(Op.return);
  },
});

/** FXTRACT: number -> its exponent as a number, then its significand with exponent 0; NO_RESULT twice. */
export const extract: Helper = {
  name: "x87Extract",
  params: EXTENDED,
  results: [...EXTENDED, ...EXTENDED],
  emit(e, core) {
    const a = parameter(0);
    const give = (exponent: Extended, significand: Extended) => {
      putExtended(e, exponent);
      putExtended(e, significand);
      e.f.op(Op.return);
    };
    const nothing: Extended = { sig: 0n, se: NO_RESULT };
    e.when(isNanOrUnsupported(e, a), () => {
      callHelper(e, core, propagateOne, a.sig, a.se);
      const nan = takeExtended(e);
      give(nan, nan);
    });
    e.when(isInfinity(e, a), () => {
      report(e, core, 0);
      give({ sig: INTEGER_BIT, se: EXPONENT }, a);
    });
    e.when(isZero(e, a), () => {
      e.when(forbids(e, core, ZE), () => give(nothing, nothing));
      give({ sig: INTEGER_BIT, se: SIGN | EXPONENT }, a);
    });
    report(e, core, 0);
    e.when(isDenormal(e, a), () => e.when(forbids(e, core, DE), () => give(nothing, nothing)));
    const x = unpack(e, a);
    normalize(e, x);
    give(widenInteger(e, e.wideS(e.sub(x.exp, BIAS))), { sig: x.sig, se: e.or(x.sign, BIAS) });
  },
};
