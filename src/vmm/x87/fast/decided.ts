import { X87_CONTROL, X87_TABLES_FILLED } from "../../cpu/layout.js";
import type { Emitter, Value, Wide } from "../../isa/emitter.js";
import { Op, ValueType } from "../../wasm/opcodes.js";
import type { Unless } from "../attempt.js";
import { variableWide } from "../unpacked.js";
import { INTEGER_BIT, PE, RC, RC_NEAREST } from "../words.js";
import type { Fixed } from "./fixed.js";
import type { TableSet } from "./tables.js";

/*
 * The fast ways of the transcendental instructions compute a value to some 77 bits. If it is not too near a number, or the middle between
 * two, that decides what the exact value is rounded to, and in which direction; otherwise, once in a thousand times, the callout has to.
 * So results are the same whichever way they come.
 */

/** How far a value may be from the exact one, in the last of its 128 bits: 2^-76 of it. */
const ERROR = 1n << 52n;

/**
 * Whether the fast ways may be tried: rounding to nearest, inexact results masked (precision control does not count), and the tables are
 * filled.
 */
export function decides(e: Emitter, { bit }: TableSet): Value {
  return e.and(e.eq(e.and(e.state(X87_CONTROL), PE | RC), PE | RC_NEAREST), e.ne(e.and(e.state(X87_TABLES_FILLED), bit), 0));
}

/** A rounded number, and whether it was rounded up. */
export interface Rounded {
  readonly sig: Wide;
  readonly exp: Value;
  readonly up: Value;
}

/** Rounds a value with its top bit set, unless that is not decided. */
export function decided(e: Emitter, unless: Unless, value: Fixed, exp: Value): Rounded {
  // Half of a unit and a whole one are told from the others by all places but the first.
  unless(e.compareWide(Op.i64_gt_u, e.shlWide(e.addWide(value.low, ERROR), 1n), 4n * ERROR));
  const up = e.shrUWide(value.low, 63n);
  const sig = variableWide(e, e.addWide(value.high, up));
  const carried = e.variable(exp);
  e.when(e.eqzWide(sig), () => {
    e.assignWide(sig, INTEGER_BIT);
    e.assign(carried, e.add(exp, 1));
  });
  return { sig, exp: carried, up: e.low(up) };
}

/** Beside sign and exponent of a result: it was rounded up. */
export const ROUNDED_UP = 0x1_0000;

/** Sign and exponent of a rounded number, as fast helpers give them. */
export function packed(e: Emitter, sign: Value, { exp, up }: Rounded): Value {
  return e.or(e.or(sign, exp), e.shl(up, Math.log2(ROUNDED_UP)));
}

/** A variable of 128 bits. */
export function variableFixed(e: Emitter): { high: { local: number }; low: { local: number } } {
  return { high: e.temp(ValueType.i64), low: e.temp(ValueType.i64) };
}
