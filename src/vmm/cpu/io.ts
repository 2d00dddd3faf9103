import { DF } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { portBreakpoint } from "./debug.js";
import { ACCESS_TSS32 } from "./descriptors.js";
import { EAX, ECX, EDI, EDX, ESI } from "./general-registers.js";
import { EFLAGS, ES, Seg, TR } from "./layout.js";

/** Whether these ports may be used: by IOPL, otherwise by the bitmap in the TSS (SDM vol. 1, 18.5). If not, the exception was raised. */
function permitted(cpu: Cpu, port: number, size: number): boolean {
  if (cpu.mode === "real" || (cpu.isProtected && cpu.cpl <= cpu.iopl)) return true;
  const { state, mmu } = cpu;
  const tss = state.segment(TR, Seg.base);
  const tssLimit = state.segment(TR, Seg.limit);
  if (state.segment(TR, Seg.access) & ACCESS_TSS32 && tssLimit >= 103) {
    const map = mmu.read((tss + 102) >>> 0, 2, false);
    if (map < 0) return false;
    // Always two bytes: the ports of one access may lie in both.
    const at = map + (port >>> 3);
    if (at + 1 <= tssLimit) {
      const bits = mmu.read((tss + at) >>> 0, 2, false);
      if (bits < 0) return false;
      if (((bits >>> (port & 7)) & ((1 << size) - 1)) === 0) return true;
    }
  }
  cpu.generalProtection();
  return false;
}

const operandSize = (insn: Insn): 1 | 2 | 4 => (insn.size === 1 ? 1 : insn.size === 2 ? 2 : 4);

function input(cpu: Cpu, insn: Insn, port: number): Outcome {
  const size = operandSize(insn);
  if (!permitted(cpu, port, size)) return Outcome.Fault;
  cpu.state.setReg(EAX, cpu.ports.read(port, size), size);
  portBreakpoint(cpu, port, size);
  return cpu.endInstruction(insn.length);
}

function output(cpu: Cpu, insn: Insn, port: number): Outcome {
  const size = operandSize(insn);
  if (!permitted(cpu, port, size)) return Outcome.Fault;
  // The port may be one that resets the processor or moves A20: EIP must be right before.
  const outcome = cpu.endInstruction(insn.length);
  cpu.ports.write(port, size, cpu.state.reg(EAX, size));
  portBreakpoint(cpu, port, size);
  return outcome;
}

export const inImmediate = (cpu: Cpu, insn: Insn): Outcome => input(cpu, insn, insn.imm & 0xff);
export const inDx = (cpu: Cpu, insn: Insn): Outcome => input(cpu, insn, cpu.state.reg(EDX, 2));
export const outImmediate = (cpu: Cpu, insn: Insn): Outcome => output(cpu, insn, insn.imm & 0xff);
export const outDx = (cpu: Cpu, insn: Insn): Outcome => output(cpu, insn, cpu.state.reg(EDX, 2));

/** One iteration of INS or OUTS; `move` transfers an element at the index register's offset, false: an exception was raised. */
function step(cpu: Cpu, insn: Insn, index: number, move: (offset: number, port: number, size: 1 | 2 | 4) => boolean): Outcome {
  const { state } = cpu;
  const { addressSize } = insn;
  if (insn.rep && state.reg(ECX, addressSize) === 0) return cpu.endInstruction(insn.length);
  const size = operandSize(insn);
  const port = state.reg(EDX, 2);
  const offset = state.reg(index, addressSize);
  if (!permitted(cpu, port, size) || !move(offset, port, size)) return Outcome.Fault;
  state.setReg(index, state.get(EFLAGS) & DF ? offset - size : offset + size, addressSize);
  portBreakpoint(cpu, port, size);
  if (!insn.rep) return cpu.endInstruction(insn.length);
  const left = state.reg(ECX, addressSize) - 1;
  state.setReg(ECX, left, addressSize);
  return left === 0 ? cpu.endInstruction(insn.length) : Outcome.Again;
}

/** INS: the destination is checked before the device is read, which may not be done twice. */
export function ins(cpu: Cpu, insn: Insn): Outcome {
  return step(cpu, insn, EDI, (offset, port, size) => {
    if (!cpu.probeSegment(ES, offset, size, true)) return false;
    cpu.writeSegment(ES, offset, size, cpu.ports.read(port, size));
    return true;
  });
}

export function outs(cpu: Cpu, insn: Insn): Outcome {
  return step(cpu, insn, ESI, (offset, port, size) => {
    const value = cpu.readSegment(insn.segment, offset, size);
    if (value < 0) return false;
    cpu.ports.write(port, size, value);
    return true;
  });
}
