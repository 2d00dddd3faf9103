import { Simd, ValueType } from "../wasm/opcodes.js";
import { define } from "./definition.js";
import type { Value, Vector } from "./emitter.js";
import { definePacked } from "./sse-packed.js";
import type { Stage } from "./stage.js";
import { constantVector, fromWord, half, readPacked, start, startSse, withHalf, writePacked } from "./vector-operands.js";

const SECOND = 16;
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

// Packing: words from doublewords, bytes from words, with saturation

function definePack(name: string, op: Simd): void {
  definePacked(name, (x, a, b, size) => {
    if (size === 16) return x.vector(op, a, b);
    const both = x.shuffle(a, b, [...range(8), ...range(8).map((i) => SECOND + i)]);
    return x.vector(op, both, both);
  });
}
definePack("packsswb", Simd.i8x16_narrow_i16x8_s);
definePack("packuswb", Simd.i8x16_narrow_i16x8_u);
definePack("packssdw", Simd.i16x8_narrow_i32x4_s);

// Unpacking: elements of `width` bytes of both operands, in turn

function interleave(size: number, width: number, from: number): number[] {
  const lanes = range(16).map((i) => {
    const element = Math.floor(i / (2 * width));
    const source = Math.floor(i / width) & 1 ? SECOND : 0;
    return source + from + element * width + (i % width);
  });
  // What lies above an MMX result counts for nothing.
  return lanes.map((lane, i) => (i < size ? lane : 0));
}
function defineUnpack(suffix: string, width: number): void {
  definePacked(`punpckh${suffix}`, (x, a, b, size) => x.shuffle(a, b, interleave(size, width, size / 2)));
  define(`punpckl${suffix}`, (x, size, dst, src) => {
    start(x, size);
    // The only MMX instructions that read half of their operand in memory.
    const b = size === 8 && x.isMemory(src) ? fromWord(x, x.read(src, 4)) : readPacked(x, size, src);
    writePacked(x, size, dst, x.shuffle(readPacked(x, size, dst), b, interleave(size, width, 0)));
  });
}
defineUnpack("bw", 1);
defineUnpack("wd", 2);
defineUnpack("dq", 4);
defineUnpack("qdq", 8);

// Shuffles by an immediate of four two-bit fields

/** In each lane the field of the immediate that `factors` say: 64, 16, 4, 1 for fields 0 to 3, 0 for none. */
function fields(x: Stage, width: 2 | 4, immediate: Value, factors: readonly number[]): Vector {
  x.put(immediate);
  x.f.simd(width === 2 ? Simd.i16x8_splat : Simd.i32x4_splat);
  const products = x.vector(width === 2 ? Simd.i16x8_mul : Simd.i32x4_mul, x.take(ValueType.v128), constantVector(x, width, factors));
  const shifted = x.vectorShift(width === 2 ? Simd.i16x8_shr_u : Simd.i32x4_shr_u, products, 6);
  return x.vector(Simd.v128_and, shifted, constantVector(x, width, Array<number>(16 / width).fill(3)));
}
/** Indexes for a swizzle: lane `base` + field. */
function indexes(x: Stage, width: 2 | 4, immediate: Value, factors: readonly number[], bases: readonly number[]): Vector {
  const first = bases.map((lane) => (width === 2 ? 0x0202 * lane + 0x0100 : 0x04040404 * lane + 0x03020100));
  const step = constantVector(x, width, Array<number>(16 / width).fill(width === 2 ? 0x0202 : 0x04040404));
  const offsets = x.vector(width === 2 ? Simd.i16x8_mul : Simd.i32x4_mul, fields(x, width, immediate, factors), step);
  return x.vector(Simd.i8x16_add, offsets, constantVector(x, width, first));
}
const FIELDS = [64, 16, 4, 1];
const KEEP = [0, 0, 0, 0];

function defineShuffle(name: string, width: 2 | 4, factors: readonly number[], bases: readonly number[]): void {
  define(name, (x, size, dst, src, immediate) => {
    start(x, size);
    const v = readPacked(x, size, src);
    writePacked(x, size, dst, x.vector(Simd.i8x16_swizzle, v, indexes(x, width, x.read(immediate, 1), factors, bases)));
  });
}
defineShuffle("pshufd", 4, FIELDS, KEEP);
/** PSHUFLW, and PSHUFW of MMX. */
defineShuffle("pshuflw", 2, [...FIELDS, ...KEEP], [0, 0, 0, 0, 4, 5, 6, 7]);
defineShuffle("pshufhw", 2, [...KEEP, ...FIELDS], [0, 1, 2, 3, 4, 4, 4, 4]);

/** The low half from the destination, the high half from the source. */
define("shufps", (x, size, dst, src, immediate) => {
  startSse(x);
  const b = readPacked(x, size, src);
  const by = indexes(x, 4, x.read(immediate, 1), FIELDS, KEEP);
  const low = x.vector(Simd.i8x16_swizzle, readPacked(x, size, dst), by);
  const high = x.vector(Simd.i8x16_swizzle, b, by);
  writePacked(x, size, dst, x.shuffle(low, high, [...range(8), ...range(8).map((i) => SECOND + 8 + i)]));
});
define("shufpd", (x, size, dst, src, immediate) => {
  startSse(x);
  const b = readPacked(x, size, src);
  const a = readPacked(x, size, dst);
  const imm = x.read(immediate, 1);
  const low = x.selectWide(x.and(imm, 1), half(x, a, 1), half(x, a, 0));
  const high = x.selectWide(x.and(imm, 2), half(x, b, 1), half(x, b, 0));
  writePacked(x, size, dst, withHalf(x, withHalf(x, a, 0, low), 1, high));
});
