import { AC, ARITHMETIC, DF, ID, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import { CR4_PVI, CR4_VME } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { CR4, EFLAGS } from "./layout.js";

/** CLI and STI where IF may not simply be changed, PUSHF and POPF in virtual-8086 mode: the arms that the definitions leave to the monitor. */

/** Whether VIF stands in for IF: virtual-8086 mode with CR4.VME, or CPL 3 with CR4.PVI, below IOPL 3 (SDM vol. 3, 20.3 and 20.4). */
export function virtualInterrupts(cpu: Cpu): boolean {
  if (cpu.iopl === 3) return false;
  const cr4 = cpu.state.get(CR4);
  return cpu.isVirtual8086 ? (cr4 & CR4_VME) !== 0 : (cr4 & CR4_PVI) !== 0 && cpu.cpl === 3;
}

/** IOPL is too low for IF, or this is virtual-8086 mode. */
const mayChangeIf = (cpu: Cpu): boolean => cpu.cpl <= cpu.iopl;

export function cli(cpu: Cpu, insn: Insn): Outcome {
  if (mayChangeIf(cpu)) cpu.setFlags(0, IF);
  else if (virtualInterrupts(cpu)) cpu.setFlags(0, VIF);
  else return cpu.generalProtection();
  return cpu.endInstruction(insn.length);
}

export function sti(cpu: Cpu, insn: Insn): Outcome {
  const eflags = cpu.state.get(EFLAGS);
  if (mayChangeIf(cpu)) {
    cpu.setFlags(IF, IF);
    if (!(eflags & IF)) cpu.shadowInterrupts();
  } else if (virtualInterrupts(cpu) && !(eflags & VIP)) cpu.setFlags(VIF, VIF);
  else return cpu.generalProtection();
  return cpu.endInstruction(insn.length);
}

/** In virtual-8086 mode. With VME and IOPL < 3 the 16-bit form shows VIF as IF, and IOPL as 3. */
export function pushfVirtual8086(cpu: Cpu, insn: Insn): Outcome {
  let image = cpu.flags & ~(VM | RF);
  if (cpu.iopl < 3) {
    if (!(cpu.state.get(CR4) & CR4_VME) || insn.size === 4) return cpu.generalProtection();
    image = (image & ~IF) | IOPL | (image & VIF ? IF : 0);
  }
  const frame = cpu.frame.onCurrent().push(insn.size, image);
  if (!frame.check()) return Outcome.Fault;
  frame.store();
  cpu.setStackPointer(frame.pointer);
  return Outcome.Next;
}

const POPF = ARITHMETIC | TF | DF | NT;

/** In virtual-8086 mode IOPL never changes. */
export function popfVirtual8086(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const virtual = cpu.iopl < 3;
  if (virtual && (!(state.get(CR4) & CR4_VME) || insn.size === 4)) return cpu.generalProtection();
  const image = cpu.peekStack(insn.size);
  if (image < 0) return Outcome.Fault;
  if (virtual) {
    if (image & TF || (image & IF && state.get(EFLAGS) & VIP)) return cpu.generalProtection();
    cpu.setFlags((image & ~VIF) | (image & IF ? VIF : 0), POPF | VIF);
  } else cpu.setFlags(image, POPF | IF | (insn.size === 4 ? AC | ID : 0));
  cpu.dropStack(insn.size);
  return cpu.endInstruction(insn.length);
}
