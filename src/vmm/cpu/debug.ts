import { RF } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import { CR4_DE } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { CR4, CS, DR, Seg } from "./layout.js";

/** Bits of DR6: what happened. B0-B3 are bits 0-3. */
export const DR6_BD = 0x2000;
export const DR6_BS = 0x4000;
export const DR6_BT = 0x8000;
const DR6 = DR + 8 * 6;
const DR6_FIXED = 0xffff_0ff0;
const DR6_WRITABLE = 0xe00f;

/** Bits of DR7. */
const DR7 = DR + 8 * 7;
const DR7_GD = 0x2000;
const DR7_FIXED = 0x400;
const DR7_WRITABLE = 0xffff_23ff;

/** R/W fields of DR7. */
const Break = { execution: 0, io: 2 } as const;

/** A debug trap is due before the next instruction, for these reasons. */
export function pendDebug(cpu: Cpu, dr6: number): void {
  cpu.state.set(DR6, cpu.state.get(DR6) | dr6);
  cpu.signalDebugTrap();
}

/** On entry to the handler of #DB: it must be able to use the registers. */
export function allowDebugRegisters(cpu: Cpu): void {
  cpu.state.set(DR7, cpu.state.get(DR7) & ~DR7_GD);
}

/** B bits of those breakpoints of one kind that cover any of `size` bytes at `address`; 0 if none of them is enabled. */
function hits(cpu: Cpu, kind: number, address: number, size: number): number {
  const { state } = cpu;
  const dr7 = state.get(DR7);
  let found = 0;
  let enabled = false;
  for (let i = 0; i < 4; i++) {
    if (((dr7 >>> (16 + 4 * i)) & 3) !== kind) continue;
    // The address is taken aligned to its length, which LEN gives as 1, 2, (8,) 4.
    const length = ((dr7 >>> (18 + 4 * i)) & 3) + 1;
    const start = (state.get(DR + 8 * i) & ~(length - 1)) >>> 0;
    if (address + size <= start || address >= start + length) continue;
    // A breakpoint that is not enabled shows in DR6 too, but only together with one that is.
    found |= 1 << i;
    if ((dr7 >>> (2 * i)) & 3) enabled = true;
  }
  return enabled ? found : 0;
}

/** Whether an instruction breakpoint stands at the instruction to be run (`Event.Breakpoints`); then #DB has been raised. */
export function instructionBreakpoint(cpu: Cpu): boolean {
  const linear = (cpu.state.segment(CS, Seg.base) + cpu.eip) >>> 0;
  const found = hits(cpu, Break.execution, linear, 1);
  if (!found) return false;
  cpu.state.set(DR6, cpu.state.get(DR6) | found);
  cpu.raise(Vector.DB);
  return true;
}

/** After an access to `port`: I/O breakpoints exist with CR4.DE. */
export function portBreakpoint(cpu: Cpu, port: number, size: number): void {
  if (!(cpu.state.get(CR4) & CR4_DE)) return;
  const found = hits(cpu, Break.io, port, size);
  if (found) pendDebug(cpu, found);
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
  else if (register === DR7) {
    state.set(DR7, (value & DR7_WRITABLE) | DR7_FIXED);
    // RF lasts for one instruction; nobody cleared it while no breakpoint was enabled.
    cpu.setFlags(0, RF);
    cpu.updateEvents();
  } else state.set(register, value);
  return cpu.endInstruction(insn.length);
}
