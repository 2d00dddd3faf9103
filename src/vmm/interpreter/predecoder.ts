import * as at from "../cpu/layout.js";
import { byteRegister, type CpuState } from "../cpu/state.js";
import type { Decoder } from "../decode/decoder.js";
import { type Entry, sizeIndex } from "../decode/entry.js";
import { GENERAL, handlerNumber, MEMORY } from "./handlers.js";
import { RECORD_SIZE, Rec, RecFlag } from "./record.js";

/** What decoded code depends on. Records of different modes are apart. */
export interface CodeMode {
  /** CS.D: 32-bit operands and addresses by default. */
  readonly code32: boolean;
  /** ES, SS and DS are flat, the stack is a 32-bit one and CS has no limit. */
  readonly flat: boolean;
  /** CPL is 3: translated code has the privilege's TLB in it. */
  readonly user: boolean;
  /** Direct execution. */
  readonly direct: boolean;
}

/** Writes what the decoder found as a record. */
export function fillRecord(state: CpuState, record: number, decoder: Decoder, mode: CodeMode, offset: number, position: number): void {
  const { entry, size, memory } = decoder;
  const { i32, u16, u8 } = state;
  const address16 = decoder.addressSize === 2;
  const plain = mode.flat && !address16 && decoder.segment <= at.DS && decoder.segment !== at.CS;
  const kind = (memory ? MEMORY : 0) | (plain ? 0 : GENERAL);
  u16[(record + Rec.handler) >> 1] = handlerNumber(entry.forms[sizeIndex(size)], kind);
  u8[record + Rec.length] = decoder.length;
  u8[record + Rec.segment] = decoder.segment;
  u16[(record + Rec.a) >> 1] = memory ? general(decoder.base) : rmAddress(entry, decoder.rm, size);
  u16[(record + Rec.b) >> 1] = regAddress(entry, decoder.reg, size);
  u16[(record + Rec.index) >> 1] = general(decoder.index);
  u8[record + Rec.scale] = decoder.scale;
  const operandSize = size === 1 || size === 2 || size === 4 ? size : decoder.operandSize;
  u8[record + Rec.flags] =
    (address16 ? RecFlag.address16 : 0) |
    (memory ? RecFlag.memory : 0) |
    ((operandSize >> 1) << RecFlag.sizeShift) |
    (decoder.rep === 0xf3 ? RecFlag.repF3 : 0) |
    (decoder.rep === 0xf2 ? RecFlag.repF2 : 0);
  i32[(record + Rec.displacement) >> 2] = memory ? decoder.displacement : decoder.immediate2;
  i32[(record + Rec.immediate) >> 2] = decoder.immediate;
  i32[(record + Rec.target) >> 2] = 0;
  u16[(record + Rec.offset) >> 1] = offset;
  u8[record + Rec.rm] = decoder.rm;
  u8[record + Rec.reg] = entry.hasModRM ? decoder.reg : decoder.rm;
  i32[(record + Rec.position) >> 2] = position;
}

/** A record that is no instruction. */
export function fillSpecial(state: CpuState, record: number, handler: number, offset: number, position: number, target = 0): void {
  state.i32.fill(0, record >> 2, (record + RECORD_SIZE) >> 2);
  state.u16[(record + Rec.handler) >> 1] = handler;
  state.u16[(record + Rec.offset) >> 1] = offset;
  state.i32[(record + Rec.position) >> 2] = position;
  state.i32[(record + Rec.target) >> 2] = target;
}

function general(n: number): number {
  return n < 0 ? at.ZERO : at.GPR + 8 * n;
}

/** State address of the register that ModRM.rm (or what stands in for it) names; of ST(i): i. */
export function rmAddress(entry: Entry, n: number, size: number): number {
  for (const token of entry.operands) {
    switch (token) {
      case "E":
      case "R":
      case "Z":
      case "A":
        return size === 1 ? byteRegister(n) : general(n);
      case "Eb":
        return byteRegister(n);
      case "Ew":
      case "Rx":
        return general(n);
      case "W":
      case "U":
        return at.XMM + 16 * n;
      case "Q":
      case "N":
        return at.X87 + 16 * n;
      case "F":
        return n;
    }
  }
  return at.ZERO;
}

/** By number: the control registers that exist. */
const CONTROL: readonly number[] = [at.CR0, at.ZERO, at.CR2, at.CR3, at.CR4];

/** The same for ModRM.reg; of a debug register: its number. */
export function regAddress(entry: Entry, n: number, size: number): number {
  for (const token of entry.operands) {
    switch (token) {
      case "G":
        return size === 1 ? byteRegister(n) : general(n);
      case "V":
        return at.XMM + 16 * n;
      case "P":
        return at.X87 + 16 * n;
      case "S":
        return at.SEGMENT + at.SEGMENT_SIZE * n;
      case "C":
        return CONTROL[n] ?? at.ZERO;
      case "D":
        return n;
    }
  }
  return at.ZERO;
}
