import { Simd } from "../wasm/opcodes.js";
import type { Vector } from "./emitter.js";
import { definePacked } from "./sse-packed.js";
import type { Stage } from "./stage.js";
import { constantVector } from "./vector-operands.js";

/** Packed integer arithmetic that WebAssembly has as it is. */
const SAME = {
  paddb: Simd.i8x16_add,
  paddw: Simd.i16x8_add,
  paddd: Simd.i32x4_add,
  paddq: Simd.i64x2_add,
  paddsb: Simd.i8x16_add_sat_s,
  paddsw: Simd.i16x8_add_sat_s,
  paddusb: Simd.i8x16_add_sat_u,
  paddusw: Simd.i16x8_add_sat_u,
  psubb: Simd.i8x16_sub,
  psubw: Simd.i16x8_sub,
  psubd: Simd.i32x4_sub,
  psubq: Simd.i64x2_sub,
  psubsb: Simd.i8x16_sub_sat_s,
  psubsw: Simd.i16x8_sub_sat_s,
  psubusb: Simd.i8x16_sub_sat_u,
  psubusw: Simd.i16x8_sub_sat_u,
  pmullw: Simd.i16x8_mul,
  pmaddwd: Simd.i32x4_dot_i16x8_s,
  pavgb: Simd.i8x16_avgr_u,
  pavgw: Simd.i16x8_avgr_u,
  pminub: Simd.i8x16_min_u,
  pmaxub: Simd.i8x16_max_u,
  pminsw: Simd.i16x8_min_s,
  pmaxsw: Simd.i16x8_max_s,
  pcmpeqb: Simd.i8x16_eq,
  pcmpeqw: Simd.i16x8_eq,
  pcmpeqd: Simd.i32x4_eq,
  pcmpgtb: Simd.i8x16_gt_s,
  pcmpgtw: Simd.i16x8_gt_s,
  pcmpgtd: Simd.i32x4_gt_s,
} as const;
for (const [name, op] of Object.entries(SAME)) definePacked(name, (x, a, b) => x.vector(op, a, b));

/** High words of the products: the odd words of two vectors of doublewords. */
const ODD_WORDS = [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31];
function highProducts(low: Simd, high: Simd) {
  return (x: Stage, a: Vector, b: Vector): Vector => x.shuffle(x.vector(low, a, b), x.vector(high, a, b), ODD_WORDS);
}
definePacked("pmulhw", highProducts(Simd.i32x4_extmul_low_i16x8_s, Simd.i32x4_extmul_high_i16x8_s));
definePacked("pmulhuw", highProducts(Simd.i32x4_extmul_low_i16x8_u, Simd.i32x4_extmul_high_i16x8_u));

/** Products of the even doublewords. */
definePacked("pmuludq", (x, a, b) => {
  const even = (v: Vector) => x.shuffle(v, v, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
  return x.vector(Simd.i64x2_extmul_low_i32x4_u, even(a), even(b));
});

/** Sums of absolute differences, of eight bytes each. */
definePacked("psadbw", (x, a, b) => {
  const differences = x.vector(Simd.i8x16_sub, x.vector(Simd.i8x16_max_u, a, b), x.vector(Simd.i8x16_min_u, a, b));
  const ofFour = x.vector(Simd.i32x4_extadd_pairwise_i16x8_u, x.vector(Simd.i16x8_extadd_pairwise_i8x16_u, differences));
  const ofEight = x.vector(Simd.i32x4_add, ofFour, x.vectorShift(Simd.i64x2_shr_u, ofFour, 32));
  return x.vector(Simd.v128_and, ofEight, constantVector(x, 4, [0xffff, 0, 0xffff, 0]));
});
