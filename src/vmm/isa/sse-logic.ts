import { Simd } from "../wasm/opcodes.js";
import { definePacked } from "./sse-packed.js";

// Bits know no types: ANDPS, ANDPD and PAND are one.

definePacked("pand", (x, a, b) => x.vector(Simd.v128_and, a, b));
/** ~dst & src. */
definePacked("pandn", (x, a, b) => x.vector(Simd.v128_andnot, b, a));
definePacked("por", (x, a, b) => x.vector(Simd.v128_or, a, b));
definePacked("pxor", (x, a, b) => x.vector(Simd.v128_xor, a, b));
