import { type Insn, Outcome } from "./callout.js";
import { CR4_TSD, EFER_NXE } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { EAX, ECX, EDX } from "./general-registers.js";
import { CR0, CR4, EFER, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP, TSC_HIGH, TSC_LOW, TSC_WINDOW } from "./layout.js";

/** Model-specific registers that exist here (SDM vol. 4). */
const Msr = {
  TSC: 0x10,
  PlatformId: 0x17,
  /** Microcode revision: software writes 0, runs CPUID, and reads the revision from the high half; 0 is "none loaded". */
  MicrocodeRevision: 0x8b,
  SysenterCs: 0x174,
  SysenterEsp: 0x175,
  SysenterEip: 0x176,
  /** Bit 34, "XD bit disable", is 0: in the high half, which reads as 0 of every register but the TSC. */
  MiscEnable: 0x1a0,
  Efer: 0xc000_0080,
} as const;

const FAST_STRINGS = 1;

const STATE_WORDS: ReadonlyMap<number, number> = new Map([
  [Msr.SysenterCs, SYSENTER_CS],
  [Msr.SysenterEsp, SYSENTER_ESP],
  [Msr.SysenterEip, SYSENTER_EIP],
  [Msr.Efer, EFER],
]);
const CONSTANTS: ReadonlyMap<number, number> = new Map([
  [Msr.PlatformId, 0],
  [Msr.MicrocodeRevision, 0],
  [Msr.MiscEnable, FAST_STRINGS],
]);
/** Software writes these without being able to change anything. */
const IGNORED_WRITES: ReadonlySet<number> = new Set([Msr.MicrocodeRevision, Msr.MiscEnable]);

export function rdmsr(cpu: Cpu, _insn: Insn): Outcome {
  if (cpu.cpl !== 0) return cpu.generalProtection();
  const { state } = cpu;
  const number = state.reg(ECX);
  if (number === Msr.TSC) return putTsc(cpu);
  const word = STATE_WORDS.get(number);
  const value = word === undefined ? CONSTANTS.get(number) : state.get(word);
  if (value === undefined) return cpu.generalProtection();
  state.setReg(EAX, value);
  state.setReg(EDX, 0);
  return Outcome.Next;
}

export function wrmsr(cpu: Cpu, insn: Insn): Outcome {
  if (cpu.cpl !== 0) return cpu.generalProtection();
  const { state } = cpu;
  const number = state.reg(ECX);
  const word = STATE_WORDS.get(number);
  if (number === Msr.TSC) {
    cpu.tsc.write(state.reg(EAX), state.reg(EDX));
    state.set(TSC_WINDOW, 0);
  } else if (number === Msr.Efer) return writeEfer(cpu, insn);
  else if (word !== undefined) state.set(word, state.reg(EAX));
  else if (!IGNORED_WRITES.has(number)) return cpu.generalProtection();
  return cpu.endInstruction(insn.length);
}

/** IA32_EFER has NXE only: the bits of 64-bit mode are reserved where that isn't announced. */
function writeEfer(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const value = state.reg(EAX);
  if (value & ~EFER_NXE || state.reg(EDX) !== 0) return cpu.generalProtection();
  const changed = value !== state.get(EFER);
  state.set(EFER, value);
  if (changed) cpu.mmu.pagingChanged();
  return cpu.endInstruction(insn.length);
}

/** RDTSC: CR4.TSD keeps it for CPL 0, in protected and virtual-8086 mode. */
export function rdtsc(cpu: Cpu, _insn: Insn): Outcome {
  const { state } = cpu;
  if (state.get(CR4) & CR4_TSD && cpu.cpl !== 0 && state.get(CR0) & 1) return cpu.generalProtection();
  const outcome = putTsc(cpu);
  // TSC_AT was set by isa/rdtsc.ts.
  state.set(TSC_LOW, cpu.tsc.low);
  state.set(TSC_HIGH, cpu.tsc.high);
  state.set(TSC_WINDOW, cpu.tsc.window);
  return outcome;
}

/** There are no performance counters: whether CPL and CR4.PCE allow them to be read or not, every number is one that doesn't exist. */
export function rdpmc(cpu: Cpu, _insn: Insn): Outcome {
  return cpu.generalProtection();
}

function putTsc(cpu: Cpu): Outcome {
  const { state, tsc } = cpu;
  tsc.read();
  state.set(TSC_WINDOW, 0);
  state.setReg(EAX, tsc.low);
  state.setReg(EDX, tsc.high);
  return Outcome.Next;
}
