import { DOUBLE, type Format, SINGLE } from "../sse/format.js";
import type { Vector } from "./emitter.js";
import type { Operand, Stage } from "./stage.js";

/** Floating point numbers in the low lanes of a vector. */
export interface Elements {
  readonly format: Format;
  readonly lanes: number;
}
/** Those that an instruction works on, by its suffix. Of scalar ones the rest of the destination stays. */
export const ELEMENTS: readonly (Elements & { readonly suffix: "ps" | "pd" | "ss" | "sd" })[] = [
  { suffix: "ps", format: SINGLE, lanes: 4 },
  { suffix: "pd", format: DOUBLE, lanes: 2 },
  { suffix: "ss", format: SINGLE, lanes: 1 },
  { suffix: "sd", format: DOUBLE, lanes: 1 },
];

/** Reads a source of 4, 8 or 16 (then aligned) bytes into the low lanes. What is above doesn't count. */
export function readElements(x: Stage, size: number, operand: Operand): Vector {
  return size === 16 ? x.readVector(operand) : x.readLow(operand, size);
}

/** `low` in the low `bytes`, `rest` above. */
export function mergeLow(x: Stage, low: Vector, rest: Vector, bytes: number): Vector {
  if (bytes === 16) return low;
  return x.shuffle(
    low,
    rest,
    Array.from({ length: 16 }, (_, i) => (i < bytes ? i : 16 + i)),
  );
}
