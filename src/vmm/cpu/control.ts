import { type Insn, Outcome } from "./callout.js";
import * as bit from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { updateFpuGates } from "./fpu-gate.js";
import { CR0, CR2, CR3, CR4, Seg } from "./layout.js";
import { readOperand, writeOperand } from "./operand.js";

const CR0_DEFINED =
  bit.CR0_PE | bit.CR0_MP | bit.CR0_EM | bit.CR0_TS | bit.CR0_NE | bit.CR0_WP | bit.CR0_AM | bit.CR0_NW | bit.CR0_CD | bit.CR0_PG;
/** Reserved bits, which are #GP, are those of features that CPUID does not announce. PCE needs no announcement: every 686 has RDPMC. */
const CR4_DEFINED =
  bit.CR4_VME |
  bit.CR4_PVI |
  bit.CR4_TSD |
  bit.CR4_DE |
  (bit.CR4_PSE | bit.CR4_PAE | bit.CR4_PGE | bit.CR4_PCE) |
  (bit.CR4_OSFXSR | bit.CR4_OSXMMEXCPT);

const CR0_PAGING = bit.CR0_PG | bit.CR0_WP | bit.CR0_PE;
const CR4_PAGING = bit.CR4_PSE | bit.CR4_PAE | bit.CR4_PGE;
/** A change of these, or of a bit in CR4_PAGING, that ends with PAE paging in use loads the PDPTEs (SDM vol. 3, 4.4.1). */
const CR0_LOADS_PDPTES = bit.CR0_PG | bit.CR0_NW | bit.CR0_CD;

/** Sets CR0 with all consequences; false: #GP(0) was raised (SDM vol. 3, 2.5). */
function setCr0(cpu: Cpu, wanted: number): boolean {
  const { state, mmu } = cpu;
  // Bits that are not defined are ignored; ET is fixed to 1.
  const value = ((wanted & CR0_DEFINED) | bit.CR0_ET) >>> 0;
  const old = state.get(CR0);
  const pagingWithoutProtection = (value & (bit.CR0_PG | bit.CR0_PE)) >>> 0 === bit.CR0_PG;
  const writeThroughUncached = (value & (bit.CR0_NW | bit.CR0_CD)) === bit.CR0_NW;
  const pdptesLoaded = value & bit.CR0_PG && state.get(CR4) & bit.CR4_PAE && (value ^ old) & CR0_LOADS_PDPTES;
  if (pagingWithoutProtection || writeThroughUncached || (pdptesLoaded && !mmu.loadPdptes(state.get(CR3)))) {
    cpu.generalProtection();
    return false;
  }
  state.set(CR0, value);
  if ((value ^ old) & CR0_PAGING) mmu.pagingChanged();
  updateFpuGates(cpu);
  cpu.modeChanged();
  return true;
}

function setCr3(cpu: Cpu, value: number): boolean {
  const { state, mmu } = cpu;
  const pae = state.get(CR0) & bit.CR0_PG && state.get(CR4) & bit.CR4_PAE;
  if (pae && !mmu.loadPdptes(value)) {
    cpu.generalProtection();
    return false;
  }
  state.set(CR3, value);
  mmu.rootChanged();
  return true;
}

/** CR3 of a task switch. */
export { setCr3 };

function setCr4(cpu: Cpu, value: number): boolean {
  const { state, mmu } = cpu;
  const old = state.get(CR4);
  const changed = value ^ old;
  const pdptesLoaded = state.get(CR0) & bit.CR0_PG && value & bit.CR4_PAE && changed & CR4_PAGING;
  if (value & ~CR4_DEFINED || (pdptesLoaded && !mmu.loadPdptes(state.get(CR3)))) {
    cpu.generalProtection();
    return false;
  }
  state.set(CR4, value);
  // A change of PGE, PSE or PAE flushes the whole TLB, global entries too (SDM vol. 3, 4.10.4.1).
  if (changed & CR4_PAGING) mmu.pagingChanged();
  updateFpuGates(cpu);
  return true;
}

/** State word by register number; 0: there is none. */
const WORDS: readonly number[] = [CR0, 0, CR2, CR3, CR4, 0, 0, 0];

export function movToControl(cpu: Cpu, insn: Insn): Outcome {
  if (WORDS[insn.reg] === 0) return cpu.raise(Vector.UD);
  if (cpu.cpl !== 0) return cpu.generalProtection();
  const value = cpu.state.reg(insn.rm);
  let done = true;
  if (insn.reg === 0) done = setCr0(cpu, value);
  else if (insn.reg === 2) cpu.state.set(CR2, value);
  else if (insn.reg === 3) done = setCr3(cpu, value);
  else done = setCr4(cpu, value);
  return done ? cpu.endInstruction(insn.length) : Outcome.Fault;
}

export function movFromControl(cpu: Cpu, insn: Insn): Outcome {
  const word = WORDS[insn.reg];
  if (word === 0) return cpu.raise(Vector.UD);
  if (cpu.cpl !== 0) return cpu.generalProtection();
  cpu.state.setReg(insn.rm, cpu.state.get(word));
  return Outcome.Next;
}

export function clts(cpu: Cpu, insn: Insn): Outcome {
  if (cpu.cpl !== 0) return cpu.generalProtection();
  cpu.state.set(CR0, cpu.state.get(CR0) & ~bit.CR0_TS);
  updateFpuGates(cpu);
  return cpu.endInstruction(insn.length);
}

/** LMSW changes PE, MP, EM and TS, and never clears PE. */
export function lmsw(cpu: Cpu, insn: Insn): Outcome {
  if (cpu.cpl !== 0) return cpu.generalProtection();
  const value = readOperand(cpu, insn, 2);
  if (value < 0) return Outcome.Fault;
  const old = cpu.state.get(CR0);
  const kept = old & ~(bit.CR0_MP | bit.CR0_EM | bit.CR0_TS);
  return setCr0(cpu, kept | (value & 0xf)) ? cpu.endInstruction(insn.length) : Outcome.Fault;
}

/** A 32-bit register gets all of CR0, memory 16 bits. Not privileged. */
export function smsw(cpu: Cpu, insn: Insn): Outcome {
  return writeOperand(cpu, insn, insn.memory ? 2 : insn.size, cpu.state.get(CR0)) ? Outcome.Next : Outcome.Fault;
}

/** The operand is an address, not an access: its segment's limit is not checked (SDM vol. 2, INVLPG). */
export function invlpg(cpu: Cpu, insn: Insn): Outcome {
  if (cpu.cpl !== 0) return cpu.generalProtection();
  cpu.mmu.flushPage((cpu.state.segment(insn.segment, Seg.base) + insn.effectiveAddress()) >>> 0);
  return cpu.endInstruction(insn.length);
}
