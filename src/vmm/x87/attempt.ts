import type { Emitter, Value } from "../isa/emitter.js";
import { Op } from "../wasm/opcodes.js";

/** Goes on only if a condition is met; otherwise takes the other way. */
export type Unless = (met: Value) => void;

/** Emits a way that ends the helper. Where it finds that it can't, it goes on behind it, with nothing changed. */
export function attempt(e: Emitter, way: (unless: Unless) => void): void {
  const other = e.f.block();
  way((met) => {
    e.put(e.eqz(met));
    e.f.brIf(other);
  });
  e.f.op(Op.unreachable).end();
}
