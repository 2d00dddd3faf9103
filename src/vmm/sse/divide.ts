import type { Emitter, Value, Wide } from "../isa/emitter.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { note } from "./exceptions.js";
import { DOUBLE, type Format } from "./format.js";
import { ZE } from "./mxcsr.js";
import { applyDaz, giveInvalid, giveWide, handleNans, isInfinite, isZero, noteDenormals } from "./operands.js";
import { binary, type Operation, operation } from "./operation.js";
import { giveRounded } from "./rounding.js";
import { signOf, unpack } from "./unpacked.js";

/*
 * Division and square root begin with those of WebAssembly on doubles in [1, 4), which are rounded to nearest, and correct them: the
 * remainder is less than 2^53 units, so that 64 bits of it tell whether the exact value lies above or below. Neither operation has results
 * half-way between two doubles; so the rounded one with something added below its last place rounds, to any precision, as the exact one.
 */

/** 52 bits for the fraction and one for the integer bit. */
const INTEGER_BIT = DOUBLE.minNormal;
const BELOW = 11n;

/** The double whose 53-bit significand is at the top of `sig`, in [1, 2) or, with `more` 1, in [2, 4). */
function putDouble(e: Emitter, sig: Wide, more: Value): void {
  const fraction = e.andWide(e.shrUWide(sig, BELOW), INTEGER_BIT - 1n);
  e.putWide(e.orWide(fraction, e.shlWide(e.wideU(e.add(more, DOUBLE.bias)), 52n)));
  e.f.op(Op.f64_reinterpret_i64);
}
function takeDouble(e: Emitter): Wide {
  e.f.op(Op.i64_reinterpret_f64);
  return e.take(ValueType.i64);
}
function significand(e: Emitter, bits: Wide): Wide {
  return e.orWide(e.andWide(bits, INTEGER_BIT - 1n), INTEGER_BIT);
}
/** A 53-bit significand and the direction of the exact one. */
function corrected(e: Emitter, sig: Wide, remainder: Wide): Wide {
  return e.addWide(e.shlWide(sig, BELOW), signOf(e, remainder));
}

export function division(f: Format): Operation {
  return binary("Divide", f, (e, core, a, b) => {
    const sign = e.andWide(e.xorWide(a, b), f.sign);
    const aInfinite = isInfinite(e, f, a);
    const bInfinite = isInfinite(e, f, b);
    const aZero = isZero(e, f, a);
    const bZero = isZero(e, f, b);
    e.when(e.or(e.and(aInfinite, bInfinite), e.and(aZero, bZero)), () => giveInvalid(e, f));
    e.when(e.and(bZero, e.eqz(aInfinite)), () => {
      note(e, ZE);
      giveWide(e, e.orWide(sign, f.infinity));
    });
    noteDenormals(e, f, a, b);
    e.when(aInfinite, () => giveWide(e, e.orWide(sign, f.infinity)));
    e.when(e.or(aZero, bInfinite), () => giveWide(e, sign));

    const x = unpack(e, f, a);
    const y = unpack(e, f, b);
    putDouble(e, x.sig, 0);
    putDouble(e, y.sig, 0);
    e.f.op(Op.f64_div);
    const bits = takeDouble(e);
    // In (1/2, 2): below 1, its significand counts for half.
    const short = e.compareWide(Op.i64_lt_u, bits, BigInt(DOUBLE.bias) << 52n);
    const quotient = significand(e, bits);
    const dividend = e.shlWide(e.shrUWide(x.sig, BELOW), e.wideU(e.add(short, 52)));
    const remainder = e.subWide(dividend, e.mulWide(quotient, e.shrUWide(y.sig, BELOW)));
    const exp = e.sub(e.add(e.sub(x.exp, y.exp), f.bias), short);
    giveRounded(e, core, f, sign, { exp, sig: corrected(e, quotient, remainder) });
  });
}

/** Of the source. */
export function squareRoot(f: Format): Operation {
  return operation(`SquareRoot${f.name}`, f.width, f.width, (e, core, _a, b) => {
    applyDaz(e, f, b);
    handleNans(e, core, f, b, b);
    e.when(isZero(e, f, b), () => giveWide(e, b));
    e.when(e.compareWide(Op.i64_ne, e.andWide(b, f.sign), 0n), () => giveInvalid(e, f));
    e.when(isInfinite(e, f, b), () => giveWide(e, b));
    noteDenormals(e, f, b);

    const x = unpack(e, f, b);
    const exponent = e.sub(x.exp, f.bias);
    const odd = e.and(exponent, 1);
    putDouble(e, x.sig, odd);
    e.f.op(Op.f64_sqrt);
    const root = significand(e, takeDouble(e));
    const square = e.shlWide(e.shrUWide(x.sig, BELOW), e.wideU(e.add(odd, 52)));
    const remainder = e.subWide(square, e.mulWide(root, root));
    const exp = e.add(e.shrS(e.sub(exponent, odd), 1), f.bias);
    giveRounded(e, core, f, 0n, { exp, sig: corrected(e, root, remainder) });
  });
}
