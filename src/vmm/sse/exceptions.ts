import { MXCSR, RESULT } from "../cpu/layout.js";
import type { Emitter, Value } from "../isa/emitter.js";
import { DE, EXCEPTIONS, IE, MASK_SHIFT, ZE } from "./mxcsr.js";

/**
 * Exceptions of the instruction being executed, of all its elements, before MXCSR sees them. Helpers add to this word; `settle` empties it
 * into MXCSR.
 */
const FLAGS = RESULT;

export function clearFlags(e: Emitter): void {
  e.setState(FLAGS, 0);
}
export function note(e: Emitter, flags: Value): void {
  e.setState(FLAGS, e.or(e.state(FLAGS), flags));
}

/**
 * Makes the exceptions sticky and gives those that are unmasked. An unmasked one that is found before computing (in any element) keeps
 * all elements from being computed, so that those found in results are not reported then (SDM vol. 1, 4.9.2 and 11.5.3).
 */
export function settle(e: Emitter): Value {
  const mxcsr = e.state(MXCSR);
  const flags = e.state(FLAGS);
  const unmasked = e.and(e.not(e.shrU(mxcsr, MASK_SHIFT)), EXCEPTIONS);
  const before = e.and(flags, IE | DE | ZE);
  const reported = e.select(e.and(before, unmasked), before, flags);
  e.setState(MXCSR, e.or(mxcsr, reported));
  return e.and(reported, unmasked);
}
