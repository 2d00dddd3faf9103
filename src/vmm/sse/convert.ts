import type { Wide } from "../isa/emitter.js";
import { Op } from "../wasm/opcodes.js";
import { note } from "./exceptions.js";
import { DOUBLE, type Format, SINGLE } from "./format.js";
import { IE, PE, RC_ZERO } from "./mxcsr.js";
import { applyDaz, giveWide, isInfinite, isNan, isSignalling, isZero, noteDenormals } from "./operands.js";
import { type Operation, operation } from "./operation.js";
import { cut, giveRounded, roundingControl } from "./rounding.js";
import { leadingZeros, shiftRightJam, unpack } from "./unpacked.js";

/** Between the formats. NaNs keep the top of their payload. */
function conversion(from: Format, to: Format): Operation {
  return operation(`${from.name}To${to.name}`, from.width, to.width, (e, core, _a, b) => {
    const move = (v: Wide, places: number) => (places > 0 ? e.shlWide(v, BigInt(places)) : e.shrUWide(v, BigInt(-places)));
    applyDaz(e, from, b);
    const sign = move(e.andWide(b, from.sign), 8 * (to.width - from.width));
    e.when(isNan(e, from, b), () => {
      e.when(isSignalling(e, from, b), () => note(e, IE));
      const payload = move(e.andWide(b, from.quiet - 1n), to.fraction - from.fraction);
      giveWide(e, e.orWide(sign, e.orWide(payload, to.infinity | to.quiet)));
    });
    noteDenormals(e, from, b);
    e.when(isInfinite(e, from, b), () => giveWide(e, e.orWide(sign, to.infinity)));
    e.when(isZero(e, from, b), () => giveWide(e, sign));
    const { exp, sig } = unpack(e, from, b);
    giveRounded(e, core, to, sign, { exp: e.add(exp, to.bias - from.bias), sig });
  });
}
export const widen = conversion(SINGLE, DOUBLE);
export const narrow = conversion(DOUBLE, SINGLE);

/** From a signed doubleword. */
export function fromInteger(to: Format): Operation {
  return operation(`IntegerTo${to.name}`, 4, to.width, (e, core, _a, b) => {
    const v = e.wideS(e.low(b));
    e.when(e.eqzWide(v), () => giveWide(e, 0n));
    const negative = e.compareWide(Op.i64_lt_s, v, 0n);
    const size = e.selectWide(negative, e.subWide(0n, v), v);
    const zeros = leadingZeros(e, size);
    const sign = e.selectWide(negative, to.sign, 0n);
    giveRounded(e, core, to, sign, { exp: e.sub(to.bias + 63, e.low(zeros)), sig: e.shlWide(size, zeros) });
  });
}

/** To a signed doubleword; what has no place there becomes 80000000H and is invalid. */
export function toInteger(from: Format, truncate: boolean): Operation {
  const INDEFINITE = 0x8000_0000n;
  return operation(`${from.name}ToInteger${truncate ? "Truncated" : ""}`, from.width, 4, (e, _core, _a, b) => {
    const invalid = () => {
      note(e, IE);
      giveWide(e, INDEFINITE);
    };
    applyDaz(e, from, b);
    e.when(isZero(e, from, b), () => giveWide(e, 0n));
    const { exp, sig } = unpack(e, from, b);
    const power = e.sub(exp, from.bias);
    // Infinities and NaNs have the highest exponent.
    e.when(e.gtS(power, 31), invalid);
    const negative = e.compareWide(Op.i64_ne, e.andWide(b, from.sign), 0n);
    const FRACTION = 2;
    const fixed = shiftRightJam(e, sig, e.sub(63 - FRACTION, power));
    const { kept, inexact } = cut(e, truncate ? RC_ZERO : roundingControl(e), negative, fixed, FRACTION);
    e.when(e.compareWide(Op.i64_gt_u, kept, e.addWide(e.wideU(negative), INDEFINITE - 1n)), invalid);
    note(e, e.select(inexact, PE, 0));
    giveWide(e, e.andWide(e.selectWide(negative, e.subWide(0n, kept), kept), 0xffff_ffffn));
  });
}
