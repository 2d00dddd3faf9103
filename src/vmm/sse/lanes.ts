import type { Emitter, Temp, Vector, Wide } from "../isa/emitter.js";
import type { Helper } from "../isa/stage.js";
import { Op, SimdLane, ValueType } from "../wasm/opcodes.js";
import { clearFlags, settle } from "./exceptions.js";
import type { Operation } from "./operation.js";

/** How an operation applies to vectors. */
export interface Shape {
  /** Elements, from the lowest. */
  readonly lanes: number;
  /** Whether the destination keeps what is not among the results; otherwise it becomes 0. */
  readonly keep: boolean;
}

const made = new Map<Operation, Map<string, Helper>>();

/**
 * An operation on the elements of vectors: (destination, source, parameter) -> (result, unmasked exceptions). MXCSR has the exceptions
 * then; if there is an unmasked one, the result means nothing.
 */
export function lanewise(operation: Operation, shape: Shape): Helper {
  const key = `${shape.lanes}${shape.keep ? "Keep" : ""}`;
  const shapes = made.get(operation) ?? new Map<string, Helper>();
  made.set(operation, shapes);
  let helper = shapes.get(key);
  if (!helper) {
    helper = emitted(operation, shape, key);
    shapes.set(key, helper);
  }
  return helper;
}

function emitted({ helper, from, to }: Operation, { lanes, keep }: Shape, key: string): Helper {
  return {
    name: `${helper.name}X${key}`,
    params: [ValueType.v128, ValueType.v128, ValueType.i32],
    results: [ValueType.v128, ValueType.i32],
    emit(e, core) {
      const a: Temp = { local: 0 };
      const b: Temp = { local: 1 };
      const parameter: Temp = { local: 2 };
      const result: Vector = e.temp(ValueType.v128);
      if (keep) e.f.get(a.local);
      else e.f.v128(Array<number>(16).fill(0));
      e.f.set(result.local);
      clearFlags(e);
      for (let lane = 0; lane < lanes; lane++) {
        e.putWide(element(e, a, from, lane));
        e.putWide(element(e, b, from, lane));
        e.put(parameter);
        e.f.call(core.helper(helper));
        const r = e.take(ValueType.i64);
        e.f.get(result.local).get(r.local);
        if (to === 4) e.f.op(Op.i32_wrap_i64);
        e.f.simdLane(to === 4 ? SimdLane.i32x4_replace_lane : SimdLane.i64x2_replace_lane, lane).set(result.local);
      }
      const unmasked = settle(e);
      e.f.get(result.local);
      e.put(unmasked);
    },
  };
}

function element(e: Emitter, v: Vector, width: 4 | 8, lane: number): Wide {
  e.f.get(v.local).simdLane(width === 4 ? SimdLane.i32x4_extract_lane : SimdLane.i64x2_extract_lane, lane);
  if (width === 8) return e.take(ValueType.i64);
  return e.wideU(e.take());
}
