import { MXCSR } from "../cpu/layout.js";
import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import { note } from "./exceptions.js";
import { FORMATS, type Format } from "./format.js";
import { DAZ, DE, IE } from "./mxcsr.js";

// What a number is

export function magnitude(e: Emitter, f: Format, v: Wide): Wide {
  return e.andWide(v, f.sign - 1n);
}
export function isNan(e: Emitter, f: Format, v: Wide): Value {
  return e.compareWide(Op.i64_gt_u, magnitude(e, f, v), f.infinity);
}
export function isInfinite(e: Emitter, f: Format, v: Wide): Value {
  return e.compareWide(Op.i64_eq, magnitude(e, f, v), f.infinity);
}
export function isZero(e: Emitter, f: Format, v: Wide): Value {
  return e.eqzWide(magnitude(e, f, v));
}
export function isDenormal(e: Emitter, f: Format, v: Wide): Value {
  return e.compareWide(Op.i64_lt_u, e.subWide(magnitude(e, f, v), 1n), f.minNormal - 1n);
}
/** A NaN whose use is an invalid operation. */
export function isSignalling(e: Emitter, f: Format, v: Wide): Value {
  return e.and(isNan(e, f, v), e.eqzWide(e.andWide(v, f.quiet)));
}

// Steps that every operation begins with

/** Makes a denormal operand 0 where MXCSR says so. */
export function applyDaz(e: Emitter, f: Format, v: Temp): void {
  e.when(e.and(e.state(MXCSR), DAZ), () => {
    e.when(isDenormal(e, f, v), () => e.assignWide(v, e.andWide(v, f.sign)));
  });
}
export function noteDenormals(e: Emitter, f: Format, ...operands: Wide[]): void {
  for (const v of operands) e.when(isDenormal(e, f, v), () => note(e, DE));
}

export function giveWide(e: Emitter, v: Wide): void {
  e.putWide(v);
  e.f.op(Op.return);
}
export function giveInvalid(e: Emitter, f: Format): void {
  note(e, IE);
  giveWide(e, f.indefinite);
}

/**
 * The result of an operation with a NaN: (a, b), at least one a NaN -> the first that is one, made quiet (SDM vol. 1, table 4-7).
 * Of one operand: (a, a).
 */
const propagate = new Map(
  FORMATS.map((f): [Format, Helper] => [
    f,
    {
      name: `ssePropagate${f.name}`,
      params: [ValueType.i64, ValueType.i64],
      results: [ValueType.i64],
      emit(e) {
        const a: Temp = { local: 0 };
        const b: Temp = { local: 1 };
        e.when(e.or(isSignalling(e, f, a), isSignalling(e, f, b)), () => note(e, IE));
        e.putWide(e.orWide(e.selectWide(isNan(e, f, a), a, b), f.quiet));
      },
    },
  ]),
);

/** Ends the operation here if an operand is a NaN. */
export function handleNans(e: Emitter, core: HelperLinker, f: Format, a: Wide, b: Wide): void {
  e.when(e.or(isNan(e, f, a), isNan(e, f, b)), () => {
    e.putWide(a);
    e.putWide(b);
    e.f.call(linked(core, propagate, f)).op(Op.return);
  });
}

/** Index of the helper for a format. */
export function linked(core: HelperLinker, helpers: ReadonlyMap<Format, Helper>, f: Format): number {
  const helper = helpers.get(f);
  if (!helper) throw new Error(`no helper for ${f.name}`);
  return core.helper(helper);
}
