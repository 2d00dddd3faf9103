import { Op, Simd, ValueType } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value, Vector, Wide } from "./emitter.js";
import type { Stage } from "./stage.js";
import { constantVector, lowHalf, readPacked, start, startSse, writePacked, zeroVector } from "./vector-operands.js";

/** WebAssembly takes counts modulo the width of a lane; here a count beyond shifts everything out. */
type Shift = (x: Stage, v: Vector, count: Value, beyond: Value) => Vector;

function logical(op: Simd): Shift {
  return (x, v, count, beyond) => {
    const none = zeroVector(x);
    const shifted = x.vectorShift(op, v, count);
    x.f.get(none.local).get(shifted.local);
    x.put(beyond);
    x.f.op(Op.select);
    return x.take(ValueType.v128);
  };
}
function arithmetic(op: Simd, width: number): Shift {
  return (x, v, count, beyond) => x.vectorShift(op, v, x.select(beyond, width - 1, count));
}

/** The count is the low quadword of the source; or, for `name`Immediate, an immediate byte. */
function defineShift(name: string, width: number, shift: Shift): void {
  define(name, (x, size, dst, src) => {
    start(x, size);
    const count: Wide = lowHalf(x, readPacked(x, size, src));
    const beyond = x.compareWide(Op.i64_ge_u, count, BigInt(width));
    writePacked(x, size, dst, shift(x, readPacked(x, size, dst), x.low(count), beyond));
  });
  define(`${name}Immediate`, (x, size, dst, immediate) => {
    start(x, size);
    const count = x.read(immediate, 1);
    writePacked(x, size, dst, shift(x, readPacked(x, size, dst), count, x.gtU(count, width - 1)));
  });
}
defineShift("psrlw", 16, logical(Simd.i16x8_shr_u));
defineShift("psrld", 32, logical(Simd.i32x4_shr_u));
defineShift("psrlq", 64, logical(Simd.i64x2_shr_u));
defineShift("psllw", 16, logical(Simd.i16x8_shl));
defineShift("pslld", 32, logical(Simd.i32x4_shl));
defineShift("psllq", 64, logical(Simd.i64x2_shl));
defineShift("psraw", 16, arithmetic(Simd.i16x8_shr_s, 16));
defineShift("psrad", 32, arithmetic(Simd.i32x4_shr_s, 32));

/** Shifts of the whole register by bytes: a swizzle, whose indexes of 16 and more give 0. */
function defineByteShift(name: string, direction: typeof Simd.i8x16_add | typeof Simd.i8x16_sub): void {
  define(name, (x, size, dst, immediate) => {
    startSse(x);
    const imm = x.read(immediate, 1);
    const count = x.select(x.gtU(imm, 16), 16, imm);
    const identity = constantVector(x, 4, [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c]);
    x.put(count);
    x.f.simd(Simd.i8x16_splat);
    const indexes = x.vector(direction, identity, x.take(ValueType.v128));
    writePacked(x, size, dst, x.vector(Simd.i8x16_swizzle, readPacked(x, size, dst), indexes));
  });
}
defineByteShift("psrldq", Simd.i8x16_add);
defineByteShift("pslldq", Simd.i8x16_sub);
