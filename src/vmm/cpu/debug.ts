import { breakpointHits, DR7, Meets } from "./breakpoints.js";
import { type Insn, Outcome } from "./callout.js";
import { CR4_DE } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { CR4, CS, DEBUG_PENDING, DR, MET_BREAKPOINTS, Seg } from "./layout.js";

/** Bits of DR6: what happened. B0-B3 are bits 0-3. */
export const DR6_BD = 0x2000;
export const DR6_BS = 0x4000;
export const DR6_BT = 0x8000;
const DR6 = DR + 8 * 6;
const DR6_FIXED = 0xffff_0ff0;
const DR6_WRITABLE = 0xe00f;

/** Bits of DR7: L0-L3 and LE. */
const DR7_LOCAL = 0x155;
const DR7_GD = 0x2000;
const DR7_FIXED = 0x400;
const DR7_WRITABLE = 0xffff_23ff;

/** A debug trap is due at the next instruction boundary, for these reasons. DR6 shows them once it is delivered. */
export function pendDebug(cpu: Cpu, dr6: number): void {
  cpu.state.set(DEBUG_PENDING, cpu.state.get(DEBUG_PENDING) | dr6);
  cpu.updateEvents();
}

/** The debug trap is being delivered: DR6 gets what waits and what the instruction that has just ended has met. */
export function takeDebugTrap(cpu: Cpu): void {
  const { state } = cpu;
  state.set(DR6, state.get(DR6) | state.get(DEBUG_PENDING) | state.get(MET_BREAKPOINTS));
  state.set(DEBUG_PENDING, 0);
  state.set(MET_BREAKPOINTS, 0);
}

/** On entry to the handler of #DB: it must be able to use the registers. */
export function allowDebugRegisters(cpu: Cpu): void {
  cpu.state.set(DR7, cpu.state.get(DR7) & ~DR7_GD);
}

/** Whether an instruction breakpoint stands at the instruction to be run (`Event.Breakpoints`); then #DB is pending, and it isn't run. */
export function instructionBreakpoint(cpu: Cpu): boolean {
  const linear = (cpu.state.segment(CS, Seg.base) + cpu.eip) >>> 0;
  const found = breakpointHits(cpu.state, Meets.execution, linear, 1);
  // A fault by its class; but its frame is that of a trap before this instruction: RF as it was (SDM vol. 3, 17.3.1.1).
  if (found) pendDebug(cpu, found);
  return found !== 0;
}

/** After an access to `port`: I/O breakpoints exist with CR4.DE. */
export function portBreakpoint(cpu: Cpu, port: number, size: number): void {
  if (!(cpu.state.get(CR4) & CR4_DE)) return;
  const found = breakpointHits(cpu.state, Meets.io, port, size);
  if (found) pendDebug(cpu, found);
}

/** A task switch disables the local breakpoints (SDM vol. 3, 17.2.4). */
export function dropLocalBreakpoints(cpu: Cpu): void {
  cpu.state.set(DR7, cpu.state.get(DR7) & ~DR7_LOCAL);
  breakpointsChanged(cpu);
}

function breakpointsChanged(cpu: Cpu): void {
  cpu.mmu.breakpointsChanged();
  cpu.updateEvents();
}

/** DR4 and DR5 are other names of DR6 and DR7, unless CR4.DE is set. `undefined`: an exception was raised. */
function debugRegister(cpu: Cpu, n: number): number | undefined {
  const { state } = cpu;
  if ((n === 4 || n === 5) && state.get(CR4) & CR4_DE) {
    cpu.raise(Vector.UD);
    return undefined;
  }
  if (cpu.cpl !== 0) {
    cpu.generalProtection();
    return undefined;
  }
  if (state.get(DR7) & DR7_GD) {
    state.set(DR6, state.get(DR6) | DR6_BD);
    cpu.raise(Vector.DB);
    return undefined;
  }
  return DR + 8 * (n === 4 || n === 5 ? n + 2 : n);
}

export function movFromDebug(cpu: Cpu, insn: Insn): Outcome {
  const register = debugRegister(cpu, insn.reg);
  if (register === undefined) return Outcome.Fault;
  cpu.state.setReg(insn.rm, cpu.state.get(register));
  return Outcome.Next;
}

export function movToDebug(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const register = debugRegister(cpu, insn.reg);
  if (register === undefined) return Outcome.Fault;
  const value = state.reg(insn.rm);
  if (register === DR6) state.set(DR6, (value & DR6_WRITABLE) | DR6_FIXED);
  else {
    state.set(register, register === DR7 ? (value & DR7_WRITABLE) | DR7_FIXED : value);
    breakpointsChanged(cpu);
  }
  return cpu.endInstruction(insn.length);
}
