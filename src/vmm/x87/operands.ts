import type { Emitter, Value } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";
import { attempt, type Unless } from "./attempt.js";
import { callHelper, forbids } from "./exceptions.js";
import { propagateOne, propagateTwo } from "./nan.js";
import { isUsual } from "./rounding.js";
import {
  EXTENDED,
  type Extended,
  giveExtended,
  isDenormal,
  isNanOrUnsupported,
  isNormal,
  isNormalExponent,
  markedExponent,
  normalize,
  parameter,
  TWO_EXTENDED,
  topBit,
  type Unpacked,
  unpack,
} from "./unpacked.js";
import { DE, NO_RESULT } from "./words.js";

/*
 * How operations on numbers begin. Each is two functions: one for the usual case only, so that it is short and keeps everything in the
 * processor's registers. It hands whatever else comes to a second one, which sorts operands out and can do all of it.
 */

/** Reports a denormal operand; ends the helper if it is unmasked. */
export function denormal(e: Emitter, core: HelperLinker, isOne: Value): void {
  e.when(isOne, () => {
    e.when(forbids(e, core, DE), () => giveExtended(e, 0n, NO_RESULT));
  });
}

/** A normal number and its biased exponent. */
export interface Normal extends Extended {
  readonly exp: Value;
}

interface BinaryOperation {
  /** Ends the helper with the result of normal numbers where `isUsual` holds, `unless` that is not a normal number too. */
  usual?(e: Emitter, a: Normal, b: Normal, unless: Unless): void;
  /** Ends the helper for every pair with an infinity or a zero in it that `finite` can't take. */
  limits(e: Emitter, core: HelperLinker, a: Extended, b: Extended): void;
  /** Ends the helper with the rounded result of finite numbers that are not 0. */
  finite(e: Emitter, core: HelperLinker, x: Unpacked, y: Unpacked): void;
}

/** A helper on two numbers. */
export function binaryHelper(name: string, { usual, limits, finite }: BinaryOperation): Helper {
  const signature = { params: TWO_EXTENDED, results: EXTENDED };
  const special: Helper = {
    name: `${name}Special`,
    ...signature,
    emit(e, core) {
      const a = parameter(0);
      const b = parameter(2);
      e.when(e.or(isNanOrUnsupported(e, a), isNanOrUnsupported(e, b)), () => {
        callHelper(e, core, propagateTwo, a.sig, a.se, b.sig, b.se);
        e.f.op(Op.return);
      });
      limits(e, core, a, b);
      denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
      const x = unpack(e, a);
      const y = unpack(e, b);
      normalize(e, x);
      normalize(e, y);
      finite(e, core, x, y);
    },
  };
  if (!usual) return { ...special, name };
  return {
    name,
    ...signature,
    emit(e, core) {
      const a = parameter(0);
      const b = parameter(2);
      attempt(e, (unless) => {
        unless(isUsual(e));
        unless(topBit(e, e.andWide(a.sig, b.sig)));
        const [expA, expB] = [markedExponent(e, a), markedExponent(e, b)];
        unless(isNormalExponent(e, expA));
        unless(isNormalExponent(e, expB));
        usual(e, { ...a, exp: expA }, { ...b, exp: expB }, unless);
      });
      callHelper(e, core, special, a.sig, a.se, b.sig, b.se);
    },
  };
}

/**
 * Starts a helper on one number: leaves an unpacked finite number that is not 0. Zeros and infinities are left to `limits`, which must
 * end the helper for them.
 */
export function operand(e: Emitter, core: HelperLinker, a: Extended, limits: () => void): Unpacked {
  const x = unpack(e, a);
  e.when(e.eqz(isNormal(e, a)), () => {
    e.when(isNanOrUnsupported(e, a), () => {
      callHelper(e, core, propagateOne, a.sig, a.se);
      e.f.op(Op.return);
    });
    limits();
    denormal(e, core, isDenormal(e, a));
    normalize(e, x);
  });
  return x;
}
