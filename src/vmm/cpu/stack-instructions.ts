import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { EBP, EDI, ESP } from "./general-registers.js";
import { SS, STACK_MASK } from "./layout.js";

/** PUSHA pushes ESP as it was before. */
export function pusha(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const frame = cpu.frame.onCurrent();
  for (let n = 0; n <= EDI; n++) frame.push(insn.size, state.reg(n));
  if (!frame.check()) return Outcome.Fault;
  frame.store();
  cpu.setStackPointer(frame.pointer);
  return Outcome.Next;
}

/** POPA reads all eight and throws ESP away. */
export function popa(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const { size } = insn;
  const values: number[] = [];
  for (let i = 0; i <= EDI; i++) {
    const value = cpu.peekStack(size, i * size);
    if (value < 0) return Outcome.Fault;
    values.push(value);
  }
  for (let n = 0; n <= EDI; n++) if (n !== ESP) state.setReg(n, values[EDI - n], size);
  cpu.dropStack(8 * size);
  return Outcome.Next;
}

/** ENTER (SDM vol. 2): the nesting level counts modulo 32. The last byte of the new frame must be writable before anything changes. */
export function enter(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const { size } = insn;
  const level = insn.imm2 & 31;
  const mask = state.get(STACK_MASK);
  const frame = cpu.frame.onCurrent().push(size, state.reg(EBP));
  const frameTemp = frame.pointer;
  if (level > 0) {
    for (let i = 1; i < level; i++) {
      const pointer = cpu.readSegment(SS, ((state.reg(EBP) - i * size) & mask) >>> 0, size);
      if (pointer < 0) return Outcome.Fault;
      frame.push(size, pointer);
    }
    frame.push(size, frameTemp);
  }
  const top = ((frame.pointer - (insn.imm & 0xffff)) & mask) >>> 0;
  if (!frame.check() || !cpu.probeSegment(SS, top, size, true)) return Outcome.Fault;
  frame.store();
  state.setReg(EBP, frameTemp, mask === 0xffff ? 2 : size);
  cpu.setStackPointer(top);
  return Outcome.Next;
}

/** BOUND: the index against a pair of signed bounds in memory. */
export function bound(cpu: Cpu, insn: Insn): Outcome {
  const { size } = insn;
  const at = insn.effectiveAddress();
  const lower = cpu.readSegment(insn.segment, at, size);
  if (lower < 0) return Outcome.Fault;
  const upper = cpu.readSegment(insn.segment, (at + size) >>> 0, size);
  if (upper < 0) return Outcome.Fault;
  const shift = 32 - 8 * size;
  const index = (cpu.state.reg(insn.reg, size) << shift) >> shift;
  const outside = index < (lower << shift) >> shift || index > (upper << shift) >> shift;
  return outside ? cpu.raise(Vector.BR) : Outcome.Next;
}
