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
const MXCSR_OFFSET = 24;
const REGISTERS_OFFSET = 32;
const XMM_OFFSET = 160;
const STATUS_ES = 0x80;
/** Where AC is checked, less than this is #AC; otherwise all that isn't aligned to 16 is #GP(0) (SDM vol. 2, FXSAVE, leaves it to the processor). */
const ALIGNMENT = 4;

/** Neither waits for a pending x87 exception. */
function absent(cpu: Cpu): boolean {
  return (cpu.state.get(at.CR0) & (CR0_EM | CR0_TS)) !== 0;
}

/** The image, aligned and accessible, or `undefined`: an exception was raised. */
function image(cpu: Cpu, insn: Insn, write: boolean): Image | undefined {
  if (absent(cpu)) {
    cpu.raise(Vector.NM);
    return undefined;
  }
  const offset = insn.effectiveAddress();
  const linear = (cpu.state.segment(insn.segment, Seg.base) + offset) >>> 0;
  if (!cpu.checkSegment(insn.segment, offset, IMAGE_SIZE, write, ALIGNMENT)) return undefined;
  if (linear & 15) {
    cpu.generalProtection();
    return undefined;
  }
  const user = cpu.cpl === 3;
  if (!cpu.mmu.probe(linear, IMAGE_SIZE, write, user)) return undefined;
  cpu.mmu.accessed(linear, IMAGE_SIZE, write);
  const host = cpu.mmu.hostOf(linear, IMAGE_SIZE, write, user);
  const { i32, u32 } = cpu.state;
  if (host !== 0)
    return {
      put: (offset, value) => {
        i32[(host + offset) >> 2] = value;
      },
      word: (offset) => u32[(host + offset) >> 2],
    };
  return {
    put: (offset, value) => cpu.mmu.write((linear + offset) >>> 0, 4, value, user),
    word: (offset) => cpu.mmu.read((linear + offset) >>> 0, 4, user),
  };
}

/** Doublewords of an image by their offset. In plain memory of one page, as a kernel's nearly always are, each is no more than that. */
interface Image {
  put(offset: number, value: number): void;
  word(offset: number): number;
}

export function fxsave(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const to = image(cpu, insn, true);
  if (!to) return Outcome.Fault;
  const { put } = to;
  const top = state.get(at.X87_TOP) & 7;
  put(0, (state.get(at.X87_CONTROL) & 0xffff) | ((state.get(at.X87_STATUS) | (top << 11)) << 16));
  put(4, (state.get(at.X87_TAGS) & 0xff) | (state.get(at.X87_OPCODE) << 16));
  put(8, state.get(at.X87_IP));
  put(12, state.get(at.X87_CS) & 0xffff);
  put(16, state.get(at.X87_DP));
  put(20, state.get(at.X87_DS) & 0xffff);
  put(MXCSR_OFFSET, state.get(at.MXCSR));
  put(MXCSR_OFFSET + 4, MXCSR_MASK);
  for (let i = 0; i < 8; i++) {
    const cell = at.X87 + 16 * ((top + i) & 7);
    // The image's last six bytes of each register are reserved: written as 0.
    for (let word = 0; word < 16; word += 4)
      put(REGISTERS_OFFSET + 16 * i + word, word < 8 ? state.get(cell + word) : word === 8 ? state.get(cell + 8) & 0xffff : 0);
  }
  if (state.get(at.CR4) & CR4_OSFXSR) for (let word = 0; word < 128; word += 4) put(XMM_OFFSET + word, state.get(at.XMM + word));
  return Outcome.Next;
}

export function fxrstor(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const from = image(cpu, insn, false);
  if (!from) return Outcome.Fault;
  const { word } = from;
  const mxcsr = word(MXCSR_OFFSET);
  const vectors = (state.get(at.CR4) & CR4_OSFXSR) !== 0;
  if (vectors && mxcsr & ~MXCSR_MASK) return cpu.generalProtection();
  const control = word(0);
  const status = control >>> 16;
  const top = (status >>> 11) & 7;
  state.set(at.X87_CONTROL, (control & 0x1f7f) | 0x40);
  state.set(at.X87_TOP, top);
  state.set(at.X87_STATUS, restoredStatus(status & ~0x3800, control));
  const tags = word(4);
  state.set(at.X87_TAGS, tags & 0xff);
  state.set(at.X87_OPCODE, (tags >>> 16) & 0x7ff);
  state.set(at.X87_IP, word(8));
  state.set(at.X87_CS, word(12) & 0xffff);
  state.set(at.X87_DP, word(16));
  state.set(at.X87_DS, word(20) & 0xffff);
  for (let i = 0; i < 8; i++) {
    const cell = at.X87 + 16 * ((top + i) & 7);
    const register = REGISTERS_OFFSET + 16 * i;
    state.set(cell, word(register));
    state.set(cell + 4, word(register + 4));
    state.set(cell + 8, word(register + 8) & 0xffff);
    state.set(cell + 12, 0);
  }
  if (vectors) {
    state.set(at.MXCSR, mxcsr);
    for (let offset = 0; offset < 128; offset += 4) state.set(at.XMM + offset, word(XMM_OFFSET + offset));
  }
  updateFpuGates(cpu);
  if (!(state.get(at.X87_STATUS) & STATUS_ES)) cpu.numericErrorLine(false);
  return Outcome.Next;
}

/** ES and B follow from the exception flags and their masks, whatever the image says (SDM vol. 1, 8.1.3.3). */
function restoredStatus(status: number, control: number): number {
  const pending = (status & ~control & 0x3f) !== 0;
  return pending ? status | 0x8080 : status & ~0x8080;
}
