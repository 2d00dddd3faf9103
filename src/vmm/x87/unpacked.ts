import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { EXPONENT, INTEGER_BIT, SIGN, WAS_DENORMAL } from "./words.js";

/** An extended number as helpers pass it: significand, then sign and exponent in 16 bits (see also WAS_DENORMAL). */
export interface Extended {
  readonly sig: Wide;
  readonly se: Value;
}

/** A finite number that is not 0, ready for arithmetic: sign 0 or SIGN, any biased exponent, significand with its top bit set. */
export interface Unpacked {
  readonly sign: Temp;
  readonly exp: Temp;
  readonly sig: Temp;
}

/** Parameters and results of helpers on one and two extended numbers. */
export const EXTENDED: readonly ValueType[] = [ValueType.i64, ValueType.i32];
export const TWO_EXTENDED: readonly ValueType[] = [ValueType.i64, ValueType.i32, ValueType.i64, ValueType.i32];

/** The extended number in parameters `n` and `n + 1` of a helper. */
export function parameter(n: number): { sig: Temp; se: Temp } {
  return { sig: { local: n }, se: { local: n + 1 } };
}

/** Takes an extended number from the wasm stack. */
export function takeExtended(e: Emitter): { sig: Temp; se: Temp } {
  const se = e.take();
  return { sig: e.take(ValueType.i64), se };
}

export function putExtended(e: Emitter, a: Extended): void {
  e.putWide(a.sig);
  e.put(a.se);
}

/** Returns from a helper whose result is one extended number. */
export function giveExtended(e: Emitter, sig: Wide, se: Value): void {
  putExtended(e, { sig, se });
  e.f.op(Op.return);
}

/** Biased exponent. */
export function exponent(e: Emitter, a: Extended): Value {
  return e.and(a.se, EXPONENT);
}

/** Biased exponent with WAS_DENORMAL above it. */
export function markedExponent(e: Emitter, a: Extended): Value {
  return e.and(a.se, EXPONENT | WAS_DENORMAL);
}
/** Whether a marked exponent is that of a normal number, given that its significand has its top bit set. */
export function isNormalExponent(e: Emitter, marked: Value): Value {
  return e.ltU(e.sub(marked, 1), EXPONENT - 1);
}
/** Neither zero, denormal, infinity, NaN nor unsupported: what fast paths take. */
export function isNormal(e: Emitter, a: Extended): Value {
  return e.and(isNormalExponent(e, markedExponent(e, a)), topBit(e, a.sig));
}

/** NaN, or one of the encodings that no processor since the 387 supports: unnormals, pseudo-infinities, pseudo-NaNs. */
export function isNanOrUnsupported(e: Emitter, a: Extended): Value {
  const exp = exponent(e, a);
  const top = topBit(e, a.sig);
  const nan = e.and(e.eq(exp, EXPONENT), e.compareWide(Op.i64_ne, a.sig, INTEGER_BIT));
  return e.or(nan, e.and(e.ne(exp, 0), e.eqz(top)));
}

/** Infinity, given that it is not NaN or unsupported. */
export function isInfinity(e: Emitter, a: Extended): Value {
  return e.eq(exponent(e, a), EXPONENT);
}

export function isZero(e: Emitter, a: Extended): Value {
  return e.and(e.eqz(exponent(e, a)), e.eqzWide(a.sig));
}

/** A denormal operand in the sense of the DE exception: denormals and pseudo-denormals, and what was one in memory. */
export function isDenormal(e: Emitter, a: Extended): Value {
  const tiny = e.and(e.eqz(exponent(e, a)), e.eqz(e.eqzWide(a.sig)));
  return e.or(tiny, e.ne(e.and(a.se, WAS_DENORMAL), 0));
}

/** Bit 63 as 0 or 1. */
export function topBit(e: Emitter, a: Wide): Value {
  return e.compareWide(Op.i64_lt_s, a, 0n);
}

/** Number of leading zeros, 0 to 64. */
export function leadingZeros(e: Emitter, a: Wide): Temp {
  e.putWide(a);
  e.f.op(Op.i64_clz);
  return e.take(ValueType.i64);
}

/** 0 or 1 as 64 bits. */
export function isNotZeroWide(e: Emitter, a: Wide): Wide {
  return e.wideU(e.compareWide(Op.i64_ne, a, 0n));
}

/** A 64-bit variable initialised with `v`. */
export function variableWide(e: Emitter, v: Wide): Temp {
  const t = e.temp(ValueType.i64);
  e.assignWide(t, v);
  return t;
}

/** Unpacks a normal number. */
export function unpack(e: Emitter, a: Extended): Unpacked {
  return { sign: e.variable(e.and(a.se, SIGN)), exp: e.variable(exponent(e, a)), sig: variableWide(e, a.sig) };
}

/** Completes `unpack` for a denormal or pseudo-denormal: their exponent field 0 means 1, and the top bit is to be set. */
export function normalize(e: Emitter, a: Unpacked): void {
  e.when(e.eqz(a.exp), () => {
    const zeros = leadingZeros(e, a.sig);
    e.assignWide(a.sig, e.shlWide(a.sig, zeros));
    e.assign(a.exp, e.sub(1, e.low(zeros)));
  });
}
