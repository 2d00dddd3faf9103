import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import type { Helper } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { callHelper, report } from "./exceptions.js";
import { propagateOne } from "./nan.js";
import { EXTENDED, type Extended, giveExtended, isDenormal, isNanOrUnsupported, leadingZeros, parameter, topBit } from "./unpacked.js";
import { BIAS, DE, EXPONENT, INTEGER_BIT, SIGN, WAS_DENORMAL } from "./words.js";

/**
 * An m32 or m64 as an extended number, exactly and without exceptions: signaling NaNs stay signaling, and a denormal becomes a normal
 * number marked WAS_DENORMAL, so that what the instruction does with it reports IE or DE.
 * `fraction`: significand without the integer bit, at its place in an extended one.
 */
function giveWidened(e: Emitter, sign: Value, field: Value, fraction: Temp, formatBias: number, formatMax: number): void {
  e.when(e.ltU(e.sub(field, 1), formatMax - 1), () =>
    giveExtended(e, e.orWide(fraction, INTEGER_BIT), e.or(sign, e.add(field, BIAS - formatBias))),
  );
  e.when(field, () => giveExtended(e, e.orWide(fraction, INTEGER_BIT), e.or(sign, EXPONENT)));
  e.when(e.eqzWide(fraction), () => giveExtended(e, 0n, sign));
  const zeros = leadingZeros(e, fraction);
  giveExtended(e, e.shlWide(fraction, zeros), e.or(e.or(sign, WAS_DENORMAL), e.sub(BIAS - formatBias + 1, e.low(zeros))));
}

/** m32 bits -> number, perhaps marked WAS_DENORMAL. */
export const fromSingle: Helper = {
  name: "x87FromSingle",
  params: [ValueType.i32],
  results: EXTENDED,
  emit(e) {
    const bits: Temp = { local: 0 };
    const fraction = e.shlWide(e.wideU(e.and(bits, 0x7f_ffff)), 40n) as Temp;
    giveWidened(e, e.and(e.shrU(bits, 16), SIGN), e.and(e.shrU(bits, 23), 0xff), fraction, 127, 0xff);
  },
};

/** m64 bits -> number, perhaps marked WAS_DENORMAL. */
export const fromDouble: Helper = {
  name: "x87FromDouble",
  params: [ValueType.i64],
  results: EXTENDED,
  emit(e) {
    const bits: Temp = { local: 0 };
    const high = e.high(bits);
    const fraction = e.shrUWide(e.shlWide(bits, 12n), 1n) as Temp;
    giveWidened(e, e.and(e.shrU(high, 16), SIGN), e.and(e.shrU(high, 20), 0x7ff), fraction, 1023, 0x7ff);
  },
};

/** A signed 64-bit integer as a number. */
export function widenInteger(e: Emitter, n: Wide): Extended {
  const negative = topBit(e, n);
  const magnitude = e.selectWide(negative, e.subWide(0n, n), n);
  const zeros = leadingZeros(e, magnitude);
  const se = e.or(e.shl(negative, 15), e.sub(BIAS + 63, e.low(zeros)));
  return { sig: e.shlWide(magnitude, zeros), se: e.select(e.eqzWide(n), 0, se) };
}

/**
 * FLD of a widened m32 or m64: reports what is signaling or was denormal. (number, perhaps marked) -> number or NO_RESULT.
 * A denormal is loaded even if DE is unmasked.
 */
export const load: Helper = {
  name: "x87Load",
  params: EXTENDED,
  results: EXTENDED,
  emit(e, core) {
    const a = parameter(0);
    e.when(isNanOrUnsupported(e, a), () => {
      callHelper(e, core, propagateOne, a.sig, a.se);
      e.f.op(Op.return);
    });
    report(e, core, e.select(isDenormal(e, a), DE, 0));
    giveExtended(e, a.sig, e.and(a.se, SIGN | EXPONENT));
  },
};
