import { type Callout, Outcome } from "../cpu/callout.js";
import type { Cpu } from "../cpu/cpu.js";
import { updateFpuGates } from "../cpu/fpu-gate.js";
import * as at from "../cpu/layout.js";
import { Seg } from "../cpu/layout.js";
import { MemoryImage } from "./memory-image.js";
import { isZero } from "./real.js";
import { type Real, Registers } from "./registers.js";
import {
  BUSY,
  CONTROL_FIXED,
  CONTROL_INITIAL,
  CONTROL_WRITABLE,
  ES,
  EXCEPTIONS,
  EXPONENT,
  INTEGER_BIT,
  TOP_MASK,
  TOP_SHIFT,
} from "./words.js";

/*
 * The x87 state as a whole: FNINIT, FNCLEX, and the environment in memory (SDM vol. 1, 8.1.10), which has four forms: 16 or 32 bits by
 * operand size, with selectors in protected mode and with linear addresses in real and virtual-8086 mode.
 */

const OPCODE_MASK = 0x7ff;
const REGISTERS = 8;
const REGISTER_SIZE = 10;

/** Field of the full tag word. */
const Tag = { valid: 0, zero: 1, special: 2, empty: 3 } as const;

function tagOf(a: Real): number {
  const field = a.se & EXPONENT;
  if (isZero(a)) return Tag.zero;
  return field === 0 || field === EXPONENT || a.sig < INTEGER_BIT ? Tag.special : Tag.valid;
}

/** The full tag word, two bits for each physical register. */
function fullTags(cpu: Cpu): number {
  const { state } = cpu;
  let tags = 0;
  for (let n = 0; n < REGISTERS; n++) {
    const cell = at.X87 + 16 * n;
    const valid = (state.get(at.X87_TAGS) >> n) & 1;
    tags |= (valid ? tagOf({ sig: state.u64[cell >> 3], se: state.u16[(cell + 8) >> 1] }) : Tag.empty) << (2 * n);
  }
  return tags;
}

/** Loads the control and status words; ES and B follow from them, whatever the image says. */
function setWords(cpu: Cpu, control: number, status: number): void {
  const { state } = cpu;
  const pending = status & ~control & EXCEPTIONS;
  state.set(at.X87_CONTROL, (control & CONTROL_WRITABLE) | CONTROL_FIXED);
  state.set(at.X87_TOP, (status & TOP_MASK) >> TOP_SHIFT);
  state.set(at.X87_STATUS, (status & ~(TOP_MASK | ES | BUSY)) | (pending ? ES | BUSY : 0));
  updateFpuGates(cpu);
  if (!pending) cpu.numericErrorLine(false);
}

function setPointers(cpu: Cpu, pointers: { opcode: number; ip: number; cs: number; dp: number; ds: number }): void {
  const { state } = cpu;
  state.set(at.X87_OPCODE, pointers.opcode);
  state.set(at.X87_IP, pointers.ip);
  state.set(at.X87_CS, pointers.cs);
  state.set(at.X87_DP, pointers.dp);
  state.set(at.X87_DS, pointers.ds);
}

function initialize(cpu: Cpu): void {
  cpu.state.set(at.X87_TAGS, 0);
  setPointers(cpu, { opcode: 0, ip: 0, cs: 0, dp: 0, ds: 0 });
  setWords(cpu, CONTROL_INITIAL, 0);
}

export const fninit: Callout = (cpu) => {
  initialize(cpu);
  return Outcome.Next;
};

export const fnclex: Callout = (cpu) => {
  const status = cpu.state.get(at.X87_STATUS) | (cpu.state.get(at.X87_TOP) << TOP_SHIFT);
  setWords(cpu, cpu.state.get(at.X87_CONTROL), status & (0x4700 | TOP_MASK));
  return Outcome.Next;
};

const environmentSize = (size: number) => (size === 2 ? 14 : 28);

function writeEnvironment(cpu: Cpu, image: MemoryImage, size: number): void {
  const { state } = cpu;
  const status = state.get(at.X87_STATUS) | (state.get(at.X87_TOP) << TOP_SHIFT);
  const [opcode, ip, cs, dp, ds] = [at.X87_OPCODE, at.X87_IP, at.X87_CS, at.X87_DP, at.X87_DS].map((word) => state.get(word));
  const head = [state.get(at.X87_CONTROL), status, fullTags(cpu)];
  let words: number[];
  if (cpu.isProtected) {
    // Words of a doubleword that mean nothing are ones, but for that of the opcode.
    words = size === 2 ? [...head, ip, cs, dp, ds] : [...head.map(upperOnes), ip, (opcode << 16) | cs, dp, upperOnes(ds)];
  } else {
    const code = (cs * 16 + ip) >>> 0;
    const data = (ds * 16 + dp) >>> 0;
    const upper = (linear: number) => (linear >>> 16) << 12;
    words =
      size === 2
        ? [...head, code, upper(code) | opcode, data, upper(data)]
        : [...head, code & 0xffff, upper(code) | opcode, data & 0xffff, upper(data)].map((word, i) =>
            i === 4 || i === 6 ? word : upperOnes(word),
          );
  }
  words.forEach((word, i) => {
    image.write(i * size, size === 2 ? 2 : 4, size === 2 ? word & 0xffff : word);
  });
}

function upperOnes(word: number): number {
  return word | 0xffff_0000;
}

function readEnvironment(cpu: Cpu, image: MemoryImage, size: number): void {
  const unit = size === 2 ? 2 : 4;
  const [control, status, tags, ...pointers] = Array.from({ length: 7 }, (_, i) => image.read(i * unit, unit));
  if (cpu.isProtected) {
    const [ip, cs, dp, ds] = pointers;
    // The 16-bit form has no opcode.
    setPointers(cpu, { opcode: (cs >>> 16) & OPCODE_MASK, ip, cs: cs & 0xffff, dp, ds: ds & 0xffff });
  } else {
    const linear = (low: number, upper: number) => ((low & 0xffff) | (((upper >>> 12) & 0xffff) << 16)) >>> 0;
    const [code, codeUpper, data, dataUpper] = pointers;
    setPointers(cpu, { opcode: codeUpper & OPCODE_MASK, ip: linear(code, codeUpper), cs: 0, dp: linear(data, dataUpper), ds: 0 });
  }
  let valid = 0;
  for (let n = 0; n < REGISTERS; n++) if (((tags >>> (2 * n)) & 3) !== Tag.empty) valid |= 1 << n;
  cpu.state.set(at.X87_TAGS, valid);
  setWords(cpu, control & 0xffff, status & 0xffff);
}

/** Masks all exceptions after storing. */
export const fnstenv: Callout = (cpu, insn) => {
  const { state } = cpu;
  const image = new MemoryImage(cpu, insn);
  if (!image.probe(environmentSize(insn.size), true, insn.size)) return Outcome.Fault;
  writeEnvironment(cpu, image, insn.size);
  setWords(cpu, state.get(at.X87_CONTROL) | EXCEPTIONS, state.get(at.X87_STATUS) | (state.get(at.X87_TOP) << TOP_SHIFT));
  return Outcome.Next;
};

export const fldenv: Callout = (cpu, insn) => {
  const image = new MemoryImage(cpu, insn);
  if (!image.probe(environmentSize(insn.size), false, insn.size)) return Outcome.Fault;
  readEnvironment(cpu, image, insn.size);
  return Outcome.Next;
};

/** Initializes after storing. */
export const fnsave: Callout = (cpu, insn) => {
  const image = new MemoryImage(cpu, insn);
  const start = environmentSize(insn.size);
  if (!image.probe(start + REGISTERS * REGISTER_SIZE, true, insn.size)) return Outcome.Fault;
  writeEnvironment(cpu, image, insn.size);
  const registers = new Registers(cpu);
  for (let i = 0; i < REGISTERS; i++) {
    const { sig, se } = registers.load(i);
    const cell = start + i * REGISTER_SIZE;
    image.write(cell, 4, Number(sig & 0xffff_ffffn));
    image.write(cell + 4, 4, Number(sig >> 32n));
    image.write(cell + 8, 2, se);
  }
  initialize(cpu);
  return Outcome.Next;
};

export const frstor: Callout = (cpu, insn) => {
  const image = new MemoryImage(cpu, insn);
  const start = environmentSize(insn.size);
  if (!image.probe(start + REGISTERS * REGISTER_SIZE, false, insn.size)) return Outcome.Fault;
  readEnvironment(cpu, image, insn.size);
  const { state } = cpu;
  for (let i = 0; i < REGISTERS; i++) {
    const from = start + i * REGISTER_SIZE;
    const cell = at.X87 + 16 * ((state.get(at.X87_TOP) + i) & 7);
    state.set(cell, image.read(from, 4));
    state.set(cell + 4, image.read(from + 4, 4));
    state.set(cell + 8, image.read(from + 8, 2));
  }
  return Outcome.Next;
};

/** Prefixes of an x87 instruction. */
const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/**
 * Ends an instruction that has raised an unmasked exception: notes what a handler asks for, its code segment and opcode, and its
 * memory operand.
 */
export const x87Exception: Callout = (cpu, insn) => {
  const { state } = cpu;
  state.set(at.X87_CS, state.segment(at.CS, Seg.selector) & 0xffff);
  if (insn.memory) {
    state.set(at.X87_DP, insn.effectiveAddress());
    state.set(at.X87_DS, state.segment(insn.segment, Seg.selector) & 0xffff);
  }
  // The instruction has just been executed from there, so that its bytes can be read; by data accesses that an execute-only code
  // segment does not forbid.
  const user = cpu.cpl === 3;
  const base = state.segment(at.CS, Seg.base);
  const byte = (i: number) => cpu.mmu.read((base + cpu.eip + i) >>> 0, 1, user);
  let i = 0;
  while (i < insn.length && PREFIXES.has(byte(i))) i++;
  state.set(at.X87_OPCODE, ((byte(i) << 8) | byte(i + 1)) & OPCODE_MASK);
  return Outcome.Next;
};
