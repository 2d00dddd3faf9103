import { DOUBLE, type Format, SINGLE } from "../sse/format.js";
import type { Vector } from "./emitter.js";
import type { Operand, Stage } from "./stage.js";
import { fromWide, fromWord } from "./vector-operands.js";

/** The elements that a floating point instruction works on, by its suffix. */
export interface Elements {
  readonly suffix: "ps" | "pd" | "ss" | "sd";
  readonly format: Format;
  /** 1: scalar, the rest of the destination stays. */
  readonly lanes: number;
}
export const ELEMENTS: readonly Elements[] = [
  { suffix: "ps", format: SINGLE, lanes: 4 },
  { suffix: "pd", format: DOUBLE, lanes: 2 },
  { suffix: "ss", format: SINGLE, lanes: 1 },
  { suffix: "sd", format: DOUBLE, lanes: 1 },
];

/** Reads a source of 4, 8 or 16 (then aligned) bytes into the low lanes. */
export function readElements(x: Stage, size: number, operand: Operand): Vector {
  if (size === 4) return fromWord(x, x.read(operand, 4));
  return size === 8 ? fromWide(x, x.readWide(operand)) : x.readVector(operand);
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
