import type { Emitter } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";
import { forbids, report } from "./exceptions.js";
import { EXTENDED, type Extended, exponent, giveExtended, parameter, TWO_EXTENDED, topBit } from "./unpacked.js";
import { EXPONENT, IE, INDEFINITE_EXPONENT, INDEFINITE_SIGNIFICAND, INTEGER_BIT, NO_RESULT, QUIET_BIT } from "./words.js";

/** Unnormals, pseudo-infinities and pseudo-NaNs. */
function isUnsupported(e: Emitter, a: Extended) {
  return e.and(e.ne(exponent(e, a), 0), e.eqz(topBit(e, a.sig)));
}
/** Given that it is not unsupported. */
function isNan(e: Emitter, a: Extended) {
  return e.and(e.eq(exponent(e, a), EXPONENT), e.compareWide(Op.i64_ne, a.sig, INTEGER_BIT));
}
/** Given that it is a NaN. */
function isSignaling(e: Emitter, a: Extended) {
  return e.eqzWide(e.andWide(a.sig, QUIET_BIT));
}

/** Whether a number (NaN or unsupported) makes any operation on it invalid. */
export function isInvalid(e: Emitter, a: Extended) {
  return e.or(isUnsupported(e, a), e.and(isNan(e, a), isSignaling(e, a)));
}

function giveInvalid(e: Emitter, core: HelperLinker): void {
  e.when(forbids(e, core, IE), () => giveExtended(e, 0n, NO_RESULT));
}

/** Result of an operation on one number that is NaN or unsupported. */
export const propagateOne: Helper = {
  name: "x87PropagateOne",
  params: EXTENDED,
  results: EXTENDED,
  emit(e, core) {
    const a = parameter(0);
    e.when(
      isInvalid(e, a),
      () => giveInvalid(e, core),
      () => report(e, core, 0),
    );
    e.when(isUnsupported(e, a), () => giveExtended(e, INDEFINITE_SIGNIFICAND, INDEFINITE_EXPONENT));
    giveExtended(e, e.orWide(a.sig, QUIET_BIT), e.and(a.se, 0xffff));
  },
};

/** Result of an operation on two numbers of which at least one is NaN or unsupported (SDM vol. 1, table 4-7). */
export const propagateTwo: Helper = {
  name: "x87PropagateTwo",
  params: TWO_EXTENDED,
  results: EXTENDED,
  emit(e, core) {
    const a = parameter(0);
    const b = parameter(2);
    const unsupported = e.or(isUnsupported(e, a), isUnsupported(e, b));
    const nanA = isNan(e, a);
    const nanB = isNan(e, b);
    const signalingA = e.and(nanA, isSignaling(e, a));
    const signalingB = e.and(nanB, isSignaling(e, b));
    e.when(
      e.or(unsupported, e.or(signalingA, signalingB)),
      () => giveInvalid(e, core),
      () => report(e, core, 0),
    );
    e.when(unsupported, () => giveExtended(e, INDEFINITE_SIGNIFICAND, INDEFINITE_EXPONENT));
    const give = (n: Extended) => giveExtended(e, e.orWide(n.sig, QUIET_BIT), e.and(n.se, 0xffff));
    e.when(e.eqz(nanB), () => give(a));
    e.when(e.eqz(nanA), () => give(b));
    // A quiet NaN wins over a signaling one; of the same kind the larger significand, of the same significand the positive one.
    e.when(e.ne(signalingA, signalingB), () =>
      e.when(
        signalingA,
        () => give(b),
        () => give(a),
      ),
    );
    e.when(e.compareWide(Op.i64_gt_u, a.sig, b.sig), () => give(a));
    e.when(e.compareWide(Op.i64_gt_u, b.sig, a.sig), () => give(b));
    e.when(
      e.ltU(a.se, b.se),
      () => give(a),
      () => give(b),
    );
    e.f.op(Op.unreachable);
  },
};
