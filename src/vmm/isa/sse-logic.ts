import { Simd } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Vector } from "./emitter.js";
import type { Stage } from "./stage.js";
import { readPacked, start, writePacked } from "./vector-operands.js";

/** Bits know no types: ANDPS, ANDPD and PAND are one. */
function logic(name: string, compute: (x: Stage, a: Vector, b: Vector) => Vector): void {
  define(name, (x, size, dst, src) => {
    start(x, size);
    const b = readPacked(x, size, src);
    writePacked(x, size, dst, compute(x, readPacked(x, size, dst), b));
  });
}
logic("pand", (x, a, b) => x.vector(Simd.v128_and, a, b));
/** ~dst & src. */
logic("pandn", (x, a, b) => x.vector(Simd.v128_andnot, b, a));
logic("por", (x, a, b) => x.vector(Simd.v128_or, a, b));
logic("pxor", (x, a, b) => x.vector(Simd.v128_xor, a, b));
