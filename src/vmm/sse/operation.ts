import type { Emitter, Temp } from "../isa/emitter.js";
import type { Helper, HelperLinker } from "../isa/stage.js";
import { Op, ValueType } from "../wasm/opcodes.js";
import type { Format } from "./format.js";
import { applyDaz, handleNans } from "./operands.js";

/**
 * An operation on one element, exact in every mode of MXCSR: (bits of the destination's element, of the source's, a parameter) -> bits.
 * It notes its exceptions (exceptions.ts). Bits are zero-extended to 64.
 */
export interface Operation {
  readonly helper: Helper;
  /** Bytes of an element of the operands (of the source, where the destination is not looked at) and of the result. */
  readonly from: 4 | 8;
  readonly to: 4 | 8;
}

/** The operands are variables: a body may assign to them. */
type Body = (e: Emitter, core: HelperLinker, a: Temp, b: Temp, parameter: Temp) => void;

/** `body` ends with a return on every path. */
export function operation(name: string, from: 4 | 8, to: 4 | 8, body: Body): Operation {
  return {
    from,
    to,
    helper: {
      name: `sse${name}`,
      params: [ValueType.i64, ValueType.i64, ValueType.i32],
      results: [ValueType.i64],
      emit(e, core) {
        body(e, core, { local: 0 }, { local: 1 }, { local: 2 });
        e.f.op(Op.unreachable);
      },
    },
  };
}

/** Of two numbers, after NaNs are done with. */
export function binary(name: string, f: Format, body: Body): Operation {
  return operation(name + f.name, f.width, f.width, (e, core, a, b, parameter) => {
    applyDaz(e, f, a);
    applyDaz(e, f, b);
    handleNans(e, core, f, a, b);
    body(e, core, a, b, parameter);
  });
}
