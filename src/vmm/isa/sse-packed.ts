import { define } from "./definition.js";
import type { Vector } from "./emitter.js";
import type { Stage } from "./stage.js";
import { readPacked, start, writePacked } from "./vector-operands.js";

/** What a packed instruction computes from its destination `a` and its source `b`; `size` as in vector-operands.ts. */
export type Compute = (x: Stage, a: Vector, b: Vector, size: number) => Vector;

/** Defines dst = compute(dst, src), on MMX and XMM registers, without exceptions but those of memory. */
export function definePacked(name: string, compute: Compute): void {
  define(name, (x, size, dst, src) => {
    start(x, size);
    const b = readPacked(x, size, src);
    writePacked(x, size, dst, compute(x, readPacked(x, size, dst), b, size));
  });
}
