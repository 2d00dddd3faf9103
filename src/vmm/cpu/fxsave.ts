import { type Insn, Outcome } from "./callout.js";
import { CR0_EM, CR0_TS, CR4_OSFXSR } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { updateFpuGates } from "./fpu-gate.js";
import * as at from "./layout.js";
import { Seg } from "./layout.js";

/** The image of FXSAVE (SDM vol. 1, table 10-2). */
const IMAGE_SIZE = 512;
const MXCSR_MASK = 0xffff;
/** Of what, by its number in the image, each doubleword is: MXCSR, the x87 registers, the XMM registers. These are accessed only with CR4.OSFXSR. */
const MXCSR_WORD = 6;
const X87_WORD = 8;
const XMM_WORD = 40;
const XMM_END = 72;
const STATUS_ES = 0x80;
/** Where AC is checked, less than this is #AC; otherwise all that isn't aligned to 16 is #GP(0) (SDM vol. 2, FXSAVE, leaves it to the processor). */
const ALIGNMENT = 4;

/** An image that does not lie in plain memory of one page (as a kernel's nearly always do) is put together here. */
const apart = new Int32Array(XMM_END);

/** Neither waits for a pending x87 exception. */
function absent(cpu: Cpu): boolean {
  return (cpu.state.get(at.CR0) & (CR0_EM | CR0_TS)) !== 0;
}

/** Linear address of the image, aligned and accessible, or -1: an exception was raised. */
function image(cpu: Cpu, insn: Insn, write: boolean): number {
  if (absent(cpu)) {
    cpu.raise(Vector.NM);
    return -1;
  }
  const offset = insn.effectiveAddress();
  const linear = (cpu.state.segment(insn.segment, Seg.base) + offset) >>> 0;
  if (!cpu.checkSegment(insn.segment, offset, IMAGE_SIZE, write, ALIGNMENT)) return -1;
  if (linear & 15) {
    cpu.generalProtection();
    return -1;
  }
  if (!cpu.mmu.probe(linear, IMAGE_SIZE, write, cpu.cpl === 3)) return -1;
  cpu.mmu.accessed(linear, IMAGE_SIZE, write);
  return linear;
}

/** Doublewords of an image that are accessed. */
function length(cpu: Cpu): number {
  return cpu.state.get(at.CR4) & CR4_OSFXSR ? XMM_END : XMM_WORD;
}

export function fxsave(cpu: Cpu, insn: Insn): Outcome {
  const linear = image(cpu, insn, true);
  if (linear < 0) return Outcome.Fault;
  const user = cpu.cpl === 3;
  const host = cpu.mmu.hostOf(linear, IMAGE_SIZE, true, user);
  if (host !== 0) save(cpu, cpu.state.i32, host >> 2);
  else {
    save(cpu, apart, 0);
    for (let word = 0; word < length(cpu); word++) cpu.mmu.write((linear + 4 * word) >>> 0, 4, apart[word], user);
  }
  return Outcome.Next;
}

export function fxrstor(cpu: Cpu, insn: Insn): Outcome {
  const linear = image(cpu, insn, false);
  if (linear < 0) return Outcome.Fault;
  const user = cpu.cpl === 3;
  const host = cpu.mmu.hostOf(linear, IMAGE_SIZE, false, user);
  if (host !== 0) return restore(cpu, cpu.state.i32, host >> 2);
  for (let word = 0; word < length(cpu); word++) apart[word] = cpu.mmu.read((linear + 4 * word) >>> 0, 4, user);
  return restore(cpu, apart, 0);
}

/** Index of ST(i) in the state's words. */
function cellOf(top: number, i: number): number {
  return (at.X87 >> 2) + 4 * ((top + i) & 7);
}
/** Ten bytes; the other six are reserved in the image, and written as 0. */
function copyRegister(from: Int32Array, source: number, to: Int32Array, target: number): void {
  to[target] = from[source];
  to[target + 1] = from[source + 1];
  to[target + 2] = from[source + 2] & 0xffff;
  to[target + 3] = 0;
}

/** Makes the image of the present state, from word `to` on. */
function save(cpu: Cpu, words: Int32Array, to: number): void {
  const { state } = cpu;
  const { i32 } = state;
  const top = state.get(at.X87_TOP) & 7;
  words[to] = (state.get(at.X87_CONTROL) & 0xffff) | ((state.get(at.X87_STATUS) | (top << 11)) << 16);
  words[to + 1] = (state.get(at.X87_TAGS) & 0xff) | (state.get(at.X87_OPCODE) << 16);
  words[to + 2] = state.get(at.X87_IP);
  words[to + 3] = state.get(at.X87_CS) & 0xffff;
  words[to + 4] = state.get(at.X87_DP);
  words[to + 5] = state.get(at.X87_DS) & 0xffff;
  words[to + MXCSR_WORD] = state.get(at.MXCSR);
  words[to + MXCSR_WORD + 1] = MXCSR_MASK;
  for (let i = 0; i < 8; i++) copyRegister(i32, cellOf(top, i), words, to + X87_WORD + 4 * i);
  const end = length(cpu);
  for (let word = XMM_WORD; word < end; word++) words[to + word] = i32[(at.XMM >> 2) + word - XMM_WORD];
}

/** Takes over the image from word `from` on. */
function restore(cpu: Cpu, words: Int32Array, from: number): Outcome {
  const { state } = cpu;
  const { i32 } = state;
  const mxcsr = words[from + MXCSR_WORD];
  const end = length(cpu);
  const vectors = end === XMM_END;
  if (vectors && mxcsr & ~MXCSR_MASK) return cpu.generalProtection();
  const control = words[from];
  const status = control >>> 16;
  const top = (status >>> 11) & 7;
  state.set(at.X87_CONTROL, (control & 0x1f7f) | 0x40);
  state.set(at.X87_TOP, top);
  state.set(at.X87_STATUS, restoredStatus(status & ~0x3800, control));
  const tags = words[from + 1];
  state.set(at.X87_TAGS, tags & 0xff);
  state.set(at.X87_OPCODE, (tags >>> 16) & 0x7ff);
  state.set(at.X87_IP, words[from + 2]);
  state.set(at.X87_CS, words[from + 3] & 0xffff);
  state.set(at.X87_DP, words[from + 4]);
  state.set(at.X87_DS, words[from + 5] & 0xffff);
  for (let i = 0; i < 8; i++) copyRegister(words, from + X87_WORD + 4 * i, i32, cellOf(top, i));
  if (vectors) state.set(at.MXCSR, mxcsr);
  for (let word = XMM_WORD; word < end; word++) i32[(at.XMM >> 2) + word - XMM_WORD] = words[from + word];
  updateFpuGates(cpu);
  if (!(state.get(at.X87_STATUS) & STATUS_ES)) cpu.numericErrorLine(false);
  return Outcome.Next;
}

/** ES and B follow from the exception flags and their masks, whatever the image says (SDM vol. 1, 8.1.3.3). */
function restoredStatus(status: number, control: number): number {
  const pending = (status & ~control & 0x3f) !== 0;
  return pending ? status | 0x8080 : status & ~0x8080;
}
