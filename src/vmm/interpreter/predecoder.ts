import * as at from "../cpu/layout.js";
import { byteRegister, type CpuState } from "../cpu/state.js";
import type { Decoder } from "../decode/decoder.js";
import { type Entry, RegisterFile, sizeIndex } from "../decode/entry.js";
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

/** Writes what the decoder found as a record: word by word, since all that runs for the first time comes by here. */
export function fillRecord(state: CpuState, record: number, decoder: Decoder, mode: CodeMode, offset: number, position: number): void {
  const { entry, size, memory, segment } = decoder;
  const { i32 } = state;
  const address16 = decoder.addressSize === 2;
  const plain = mode.flat && !address16 && segment <= at.DS && segment !== at.CS;
  const kind = (memory ? MEMORY : 0) | (plain ? 0 : GENERAL);
  const handler = handlerNumber(entry.forms[sizeIndex(size)], kind);
  const a = memory ? general(decoder.base) : rmAddress(entry, decoder.rm, size);
  const b = regAddress(entry, decoder.reg, size);
  const operandSize = size === 1 || size === 2 || size === 4 ? size : decoder.operandSize;
  const flags =
    (address16 ? RecFlag.address16 : 0) |
    (memory ? RecFlag.memory : 0) |
    ((operandSize >> 1) << RecFlag.sizeShift) |
    (decoder.rep === 0xf3 ? RecFlag.repF3 : 0) |
    (decoder.rep === 0xf2 ? RecFlag.repF2 : 0);
  const reg = entry.hasModRM ? decoder.reg : decoder.rm;
  const word = record >> 2;
  i32[word + (Rec.handler >> 2)] = handler | (decoder.length << 16) | (segment << 24);
  i32[word + (Rec.a >> 2)] = a | (b << 16);
  i32[word + (Rec.index >> 2)] = general(decoder.index) | (decoder.scale << 16) | (flags << 24);
  i32[word + (Rec.displacement >> 2)] = memory ? decoder.displacement : decoder.immediate2;
  i32[word + (Rec.immediate >> 2)] = decoder.immediate;
  i32[word + (Rec.target >> 2)] = 0;
  i32[word + (Rec.offset >> 2)] = offset | (decoder.rm << 16) | (reg << 24);
  i32[word + (Rec.position >> 2)] = position;
}

/** A record that is no instruction. */
export function fillSpecial(state: CpuState, record: number, handler: number, offset: number, position: number, target = 0): void {
  for (let word = record >> 2; word < (record + RECORD_SIZE) >> 2; word++) state.i32[word] = 0;
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
  return registerAddress(entry.rmFile, n, size);
}
/** The same for ModRM.reg; of a debug register: its number. */
export function regAddress(entry: Entry, n: number, size: number): number {
  return registerAddress(entry.regFile, n, size);
}

/** By number: the control registers that exist. */
const CONTROL: readonly number[] = [at.CR0, at.ZERO, at.CR2, at.CR3, at.CR4];

function registerAddress(file: RegisterFile, n: number, size: number): number {
  switch (file) {
    case RegisterFile.bySize:
      return size === 1 ? byteRegister(n) : general(n);
    case RegisterFile.byte:
      return byteRegister(n);
    case RegisterFile.general:
      return general(n);
    case RegisterFile.xmm:
      return at.XMM + 16 * n;
    case RegisterFile.x87:
      return at.X87 + 16 * n;
    case RegisterFile.segment:
      return at.SEGMENT + at.SEGMENT_SIZE * n;
    case RegisterFile.control:
      return CONTROL[n] ?? at.ZERO;
    case RegisterFile.st:
    case RegisterFile.debug:
      return n;
    default:
      return at.ZERO;
  }
}
