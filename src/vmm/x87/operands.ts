import type { Emitter } from "../isa/emitter.js";
import type { HelperLinker } from "../isa/stage.js";
import { Op } from "../wasm/opcodes.js";
import { callHelper, forbids } from "./exceptions.js";
import { propagateOne, propagateTwo } from "./nan.js";
import { type Extended, giveExtended, isDenormal, isNanOrUnsupported, isNormal, normalize, type Unpacked, unpack } from "./unpacked.js";
import { DE, NO_RESULT } from "./words.js";

/** Reports a denormal operand; ends the helper if it is unmasked. */
export function denormal(e: Emitter, core: HelperLinker, isOne: ReturnType<typeof isDenormal>): void {
  e.when(isOne, () => {
    e.when(forbids(e, core, DE), () => giveExtended(e, 0n, NO_RESULT));
  });
}

/**
 * Starts a helper on two numbers: leaves two unpacked finite numbers that are not 0. What is neither NaN nor unsupported nor such a
 * number is left to `limits`, which must end the helper for every pair with an infinity or a zero in it.
 */
export function operands(e: Emitter, core: HelperLinker, a: Extended, b: Extended, limits: () => void): { x: Unpacked; y: Unpacked } {
  const x = unpack(e, a);
  const y = unpack(e, b);
  e.when(e.eqz(e.and(isNormal(e, a), isNormal(e, b))), () => {
    e.when(e.or(isNanOrUnsupported(e, a), isNanOrUnsupported(e, b)), () => {
      callHelper(e, core, propagateTwo, a.sig, a.se, b.sig, b.se);
      e.f.op(Op.return);
    });
    limits();
    denormal(e, core, e.or(isDenormal(e, a), isDenormal(e, b)));
    normalize(e, x);
    normalize(e, y);
  });
  return { x, y };
}

/** The same for one number. */
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
