import type { Insn } from "./callout.js";
import type { Cpu } from "./cpu.js";

/** The ModRM.rm operand, 1, 2 or 4 bytes, unsigned; -1: an exception was raised. */
export function readOperand(cpu: Cpu, insn: Insn, size: number): number {
  return insn.memory ? cpu.readSegment(insn.segment, insn.effectiveAddress(), size) : cpu.state.reg(insn.rm, size);
}

/** False: an exception was raised and nothing was written. */
export function writeOperand(cpu: Cpu, insn: Insn, size: number, value: number): boolean {
  if (insn.memory) return cpu.writeSegment(insn.segment, insn.effectiveAddress(), size, value);
  cpu.state.setReg(insn.rm, value, size);
  return true;
}
