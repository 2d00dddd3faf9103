import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import { CF, PF, ZF } from "../isa/flags.js";
import { Op } from "../wasm/opcodes.js";
import { note } from "./exceptions.js";
import type { Format } from "./format.js";
import { IE } from "./mxcsr.js";
import { applyDaz, giveWide, isNan, isSignalling, magnitude, noteDenormals } from "./operands.js";
import { type Operation, operation } from "./operation.js";

/** Signed integers in the order of the numbers; both zeros are 0. */
function ordered(e: Emitter, f: Format, v: Wide): Wide {
  const m = magnitude(e, f, v);
  return e.selectWide(e.eqzWide(e.andWide(v, f.sign)), m, e.subWide(0n, m));
}

interface Relation {
  readonly unordered: Value;
  readonly less: Value;
  readonly equal: Value;
}

/** Compares, noting IE for NaNs (for quiet ones if `quietToo`) and DE. */
function relation(e: Emitter, f: Format, a: Temp, b: Temp, quietToo: Value): Relation {
  applyDaz(e, f, a);
  applyDaz(e, f, b);
  const unordered = e.or(isNan(e, f, a), isNan(e, f, b));
  e.when(
    unordered,
    () => {
      const invalid = e.or(quietToo, e.or(isSignalling(e, f, a), isSignalling(e, f, b)));
      note(e, e.select(invalid, IE, 0));
    },
    () => noteDenormals(e, f, a, b),
  );
  const x = ordered(e, f, a);
  const y = ordered(e, f, b);
  const both = e.eqz(unordered);
  return { unordered, less: e.and(both, e.compareWide(Op.i64_lt_s, x, y)), equal: e.and(both, e.compareWide(Op.i64_eq, x, y)) };
}

/** MIN: the source unless the destination is less; MAX: unless it is greater. So the source for NaNs and for two zeros. */
export function minimum(f: Format): Operation {
  return operation(`Minimum${f.name}`, f.width, f.width, (e, _core, a, b) => {
    giveWide(e, e.selectWide(relation(e, f, a, b, 1).less, a, b));
  });
}
export function maximum(f: Format): Operation {
  return operation(`Maximum${f.name}`, f.width, f.width, (e, _core, a, b) => {
    giveWide(e, e.selectWide(relation(e, f, b, a, 1).less, a, b));
  });
}

/**
 * CMPPS and the like, by predicate 0-7: EQ LT LE UNORD, and their negations. Gives all ones or 0. LT and LE (and their negations) are
 * invalid for quiet NaNs too.
 */
export function comparison(f: Format): Operation {
  return operation(`Compare${f.name}`, f.width, f.width, (e, _core, a, b, predicate) => {
    const low = e.and(predicate, 3);
    const { unordered, less, equal } = relation(e, f, a, b, e.ltU(e.sub(low, 1), 2));
    const lessOrEqual = e.select(e.eq(low, 1), less, e.or(less, equal));
    const positive = e.select(low, e.select(e.eq(low, 3), unordered, lessOrEqual), equal);
    const result = e.xor(positive, e.and(e.shrU(predicate, 2), 1));
    giveWide(e, e.andWide(e.subWide(0n, e.wideU(result)), 2n * f.sign - 1n));
  });
}

/** COMISx (parameter 1) and UCOMISx (0: quiet NaNs are not invalid): ZF, PF and CF as an EFLAGS image. */
export function ordering(f: Format): Operation {
  return operation(`Order${f.name}`, f.width, 4, (e, _core, a, b, quietToo) => {
    const { unordered, less, equal } = relation(e, f, a, b, quietToo);
    const image = e.or(e.select(less, CF, 0), e.select(equal, ZF, 0));
    giveWide(e, e.wideU(e.select(unordered, ZF | PF | CF, image)));
  });
}
