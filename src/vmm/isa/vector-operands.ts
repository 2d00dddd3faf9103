import { MMX_GATE, SSE_GATE } from "../cpu/layout.js";
import { SimdLane, ValueType } from "../wasm/opcodes.js";
import type { Emitter, Value, Vector, Wide } from "./emitter.js";
import type { Operand, Stage } from "./stage.js";

/*
 * Operands of MMX, SSE and SSE2 instructions. An instruction that exists for both register files is one definition: its size tells them
 * apart, 8 bytes for MMX, 16 for XMM. MMX values travel as vectors whose upper half is 0.
 *
 * MMi is the significand of x87 register Ri. Every MMX instruction but EMMS makes TOP 0 and all registers valid; one that is written gets
 * the exponent word ffff (SDM vol. 1, 9.5.1). That is a change of state, so it comes after everything that may fault.
 */

const MMX_SIZE = 8;
const ALL_VALID = 0xff;
const EXPONENT_OFFSET = 8;

export function startMmx(x: Stage): void {
  x.gate(MMX_GATE, "mmxGate");
}
export function startSse(x: Stage): void {
  x.gate(SSE_GATE, "sseGate");
}
/** Starts an instruction of the register file that `size` stands for. */
export function start(x: Stage, size: number): void {
  if (size === MMX_SIZE) startMmx(x);
  else startSse(x);
}

/** The transition from x87 to MMX: after everything that may fault. */
export function enterMmx(x: Stage): void {
  x.x87.reset(ALL_VALID);
}

export function readMmx(x: Stage, operand: Operand): Wide {
  return x.readWide(operand);
}
/** Writes an MMX register (not memory) and enters MMX state. */
export function writeMmx(x: Stage, operand: Operand, v: Wide): void {
  const cell = x.registerAddress(operand);
  x.storeHostWide(cell, v);
  x.storeHost(cell, 2, 0xffff, EXPONENT_OFFSET);
  enterMmx(x);
}

/** Reads a whole operand of `size` 8 (MMX register or m64) or 16 (XMM register or aligned m128). */
export function readPacked(x: Stage, size: number, operand: Operand): Vector {
  return size === MMX_SIZE ? fromWide(x, x.readWide(operand)) : x.readVector(operand);
}
/** Writes a whole register; of MMX, only the low half of `v` counts. */
export function writePacked(x: Stage, size: number, operand: Operand, v: Vector): void {
  if (size === MMX_SIZE) writeMmx(x, operand, lowHalf(x, v));
  else x.writeVector(operand, v);
}

// Between vectors and scalars

/** A vector with `v` in its low half, zeros above. */
export function fromWide(e: Emitter, v: Wide): Vector {
  zero(e);
  e.putWide(v);
  e.f.simdLane(SimdLane.i64x2_replace_lane, 0);
  return e.take(ValueType.v128);
}
/** A vector with `v` in its low 32 bits, zeros above. */
export function fromWord(e: Emitter, v: Value): Vector {
  zero(e);
  e.put(v);
  e.f.simdLane(SimdLane.i32x4_replace_lane, 0);
  return e.take(ValueType.v128);
}
export function lowHalf(e: Emitter, v: Vector): Wide {
  return half(e, v, 0);
}
/** The low (0) or high (1) 64 bits. */
export function half(e: Emitter, v: Vector, which: 0 | 1): Wide {
  e.f.get(v.local).simdLane(SimdLane.i64x2_extract_lane, which);
  return e.take(ValueType.i64);
}
/** `v` with its low (0) or high (1) half replaced. */
export function withHalf(e: Emitter, v: Vector, which: 0 | 1, by: Wide): Vector {
  e.f.get(v.local);
  e.putWide(by);
  e.f.simdLane(SimdLane.i64x2_replace_lane, which);
  return e.take(ValueType.v128);
}
export function zeroVector(e: Emitter): Vector {
  zero(e);
  return e.take(ValueType.v128);
}
function zero(e: Emitter): void {
  e.f.v128(Array<number>(16).fill(0));
}

/** A vector of constant lanes, lowest first; `width` is 2, 4 or 8 bytes, 16 / width lanes. */
export function constantVector(e: Emitter, width: number, lanes: readonly number[]): Vector {
  const bytes = lanes.flatMap((lane) => Array.from({ length: width }, (_, i) => (i < 4 ? (lane >>> (8 * i)) & 0xff : 0)));
  e.f.v128(bytes);
  return e.take(ValueType.v128);
}
