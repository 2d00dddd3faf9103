import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { EBP, EDI, ESP } from "./general-registers.js";
import { SS, STACK_MASK } from "./layout.js";

/** Stack pointers at which PUSHA is #GP outside protected mode, not #SS (SDM vol. 2, PUSHA: exceptions of real and virtual-8086 mode). */
const NO_ROOM: ReadonlySet<number> = new Set([7, 9, 11, 13, 15]);

/** PUSHA pushes ESP as it was before. */
export function pusha(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  if (!cpu.isProtected && NO_ROOM.has((state.reg(ESP) & state.get(STACK_MASK)) >>> 0)) return cpu.generalProtection();
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

/**
 * ENTER (SDM vol. 2): pushes EBP, then the frame pointers of the enclosing levels, read through EBP, then its own; the level counts modulo 32.
 * What is read may be what was pushed just before, so reads and pushes take turns; all of them are checked first, in that order, and last the
 * place that ESP will point to.
 */
export function enter(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const { size } = insn;
  const level = insn.imm2 & 31;
  const mask = state.get(STACK_MASK);
  const ebp = state.reg(EBP);
  const at = (base: number, words: number) => ((base - words * size) & mask) >>> 0;
  const esp = state.reg(ESP);
  const frame = at(esp, 1);
  const pushes = level === 0 ? 1 : level + 1;
  const top = (at(esp, pushes) - (insn.imm & 0xffff)) & mask;
  for (let i = 1; i <= pushes; i++) {
    const copies = i > 1 && i < pushes;
    if (copies && !cpu.probeSegment(SS, at(ebp, i - 1), size, false)) return Outcome.Fault;
    if (!cpu.probeSegment(SS, at(esp, i), size, true)) return Outcome.Fault;
  }
  if (!cpu.probeSegment(SS, top >>> 0, size, true)) return Outcome.Fault;
  cpu.writeSegment(SS, frame, size, ebp);
  for (let i = 2; i < pushes; i++) cpu.writeSegment(SS, at(esp, i), size, cpu.readSegment(SS, at(ebp, i - 1), size));
  if (pushes > 1) cpu.writeSegment(SS, at(esp, pushes), size, frame);
  state.setReg(EBP, frame, mask === 0xffff ? 2 : size);
  cpu.setStackPointer(top >>> 0);
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
