import { GATE_ERROR } from "../cpu/fpu-gate.js";
import { MMX_GATE, X87_CONTROL, X87_GATE, X87_STATUS } from "../cpu/layout.js";
import type { Emitter, Temp, Value, Wide } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { ValueType } from "../wasm/opcodes.js";
import { EXTENDED, giveExtended } from "./unpacked.js";
import { BUSY, C1, ES, EXCEPTIONS, IE, INDEFINITE_EXPONENT, INDEFINITE_SIGNIFICAND, NO_RESULT, SF } from "./words.js";

/** Calls a helper with values on the wasm stack. */
export function callHelper(e: Emitter, core: HelperLinker, helper: Helper, ...args: (Value | Wide)[]): void {
  for (const arg of args) {
    if (typeof arg === "bigint") e.putWide(arg);
    else e.put(arg);
  }
  e.f.call(core.helper(helper));
}

/**
 * Reports exceptions: (flags, with C1 as it shall become) -> those that are unmasked, 0 if none.
 * An unmasked one sets ES and closes the gates, so that the next waiting instruction raises #MF.
 */
export const raise: Helper = {
  name: "x87Raise",
  params: [ValueType.i32],
  results: [ValueType.i32],
  emit(e) {
    const flags: Temp = { local: 0 };
    const status = e.or(e.and(e.state(X87_STATUS), ~C1), flags);
    const unmasked = e.and(e.and(flags, e.not(e.state(X87_CONTROL))), EXCEPTIONS);
    e.setState(X87_STATUS, status);
    e.when(unmasked, () => {
      e.setState(X87_STATUS, e.or(status, ES | BUSY));
      e.setState(X87_GATE, e.or(e.state(X87_GATE), GATE_ERROR));
      e.setState(MMX_GATE, e.or(e.state(MMX_GATE), GATE_ERROR));
    });
    e.put(unmasked);
  },
};

/** Reports exceptions that leave the result as it is. */
export function report(e: Emitter, core: HelperLinker, flags: Value): void {
  callHelper(e, core, raise, flags);
  e.take();
}

/** Reports exceptions that are found before computing; gives whether one is unmasked, so that there is no result. */
export function forbids(e: Emitter, core: HelperLinker, flags: Value): Value {
  callHelper(e, core, raise, flags);
  return e.take();
}

function indefinite(name: string, flags: number): Helper {
  return {
    name,
    params: [],
    results: EXTENDED,
    emit(e, core) {
      e.when(forbids(e, core, flags), () => giveExtended(e, 0n, NO_RESULT));
      giveExtended(e, INDEFINITE_SIGNIFICAND, INDEFINITE_EXPONENT);
    },
  };
}

/** An invalid operation: () -> real indefinite, or NO_RESULT. */
export const invalid = indefinite("x87Invalid", IE);
/** An operand is an empty register: () -> real indefinite, or NO_RESULT. */
export const stackUnderflow = indefinite("x87StackUnderflow", IE | SF);
/** A push onto a register that is not empty: () -> real indefinite, or NO_RESULT. */
export const stackOverflow = indefinite("x87StackOverflow", IE | SF | C1);
