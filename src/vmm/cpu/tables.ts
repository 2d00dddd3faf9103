import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { access, base, isBusy, isNull, isSystem, isTss, limit, readAdmittedGlobal, SystemType, systemType } from "./descriptors.js";
import { Vector } from "./exceptions.js";
import { loadHidden, setNullSegment } from "./hidden-part.js";
import { GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT, LDTR, Seg, TR } from "./layout.js";
import { readOperand, writeOperand } from "./operand.js";
import { descriptorsChanged } from "./reversible.js";

/** Of the image in memory as a whole, where AC is checked (SDM vol. 3, table 6-7); its second part lies across. */
const IMAGE_ALIGNMENT = 4;

/** LGDT, LIDT: 16-bit limit, then the base, of which a 16-bit operand size takes 24 bits (SDM vol. 2, LGDT). */
function loadTableRegister(baseWord: number, limitWord: number) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    if (cpu.cpl !== 0) return cpu.generalProtection();
    const at = insn.effectiveAddress();
    const tableLimit = cpu.readSegment(insn.segment, at, 2);
    if (tableLimit < 0) return Outcome.Fault;
    const tableBase = cpu.readSegment(insn.segment, (at + 2) >>> 0, 4);
    if (tableBase < 0) return Outcome.Fault;
    cpu.state.set(limitWord, tableLimit);
    cpu.state.set(baseWord, insn.size === 2 ? tableBase & 0xff_ffff : tableBase);
    descriptorsChanged(cpu);
    return Outcome.Next;
  };
}

/** SGDT, SIDT: six bytes always; not privileged here (there is no UMIP). */
function storeTableRegister(baseWord: number, limitWord: number) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    const { state } = cpu;
    const at = insn.effectiveAddress();
    const second = (at + 2) >>> 0;
    if (!cpu.probeSegment(insn.segment, at, 2, true, IMAGE_ALIGNMENT) || !cpu.probeSegment(insn.segment, second, 4, true, 1))
      return Outcome.Fault;
    cpu.writeSegment(insn.segment, at, 2, state.get(limitWord));
    cpu.writeSegment(insn.segment, second, 4, state.get(baseWord), 1);
    return Outcome.Next;
  };
}

export const lgdt = loadTableRegister(GDTR_BASE, GDTR_LIMIT);
export const lidt = loadTableRegister(IDTR_BASE, IDTR_LIMIT);
export const sgdt = storeTableRegister(GDTR_BASE, GDTR_LIMIT);
export const sidt = storeTableRegister(IDTR_BASE, IDTR_LIMIT);

/** The selector of LDTR or TR: not recognized in real and virtual-8086 mode. A 32-bit register gets it zero-extended, memory always 16 bits. */
function storeSelector(n: number) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    if (!cpu.isProtected) return cpu.raise(Vector.UD);
    const size = insn.memory ? 2 : insn.size;
    return writeOperand(cpu, insn, size, cpu.state.segment(n, Seg.selector)) ? Outcome.Next : Outcome.Fault;
  };
}

export const sldt = storeSelector(LDTR);
export const str = storeSelector(TR);

export function lldt(cpu: Cpu, insn: Insn): Outcome {
  if (!cpu.isProtected) return cpu.raise(Vector.UD);
  if (cpu.cpl !== 0) return cpu.generalProtection();
  const selector = readOperand(cpu, insn, 2);
  return selector >= 0 && loadLdtr(cpu, selector, Vector.GP) ? Outcome.Next : Outcome.Fault;
}

/** Loads LDTR; `refusal` is what a selector of no LDT raises (#GP, #TS in a task switch). */
export function loadLdtr(cpu: Cpu, selector: number, refusal: number): boolean {
  if (isNull(selector)) {
    setNullSegment(cpu, LDTR, selector);
    descriptorsChanged(cpu);
    return true;
  }
  // In a task switch a missing LDT is #TS as well (SDM vol. 3, table 7-1).
  const absence = refusal === Vector.TS ? Vector.TS : Vector.NP;
  const d = readAdmittedGlobal(cpu, selector, (ldt) => isSystem(ldt) && systemType(ldt) === SystemType.Ldt, refusal, absence);
  if (!d) return false;
  loadHidden(cpu, LDTR, selector, base(d), limit(d), access(d));
  descriptorsChanged(cpu);
  return true;
}

export function ltr(cpu: Cpu, insn: Insn): Outcome {
  if (!cpu.isProtected) return cpu.raise(Vector.UD);
  if (cpu.cpl !== 0) return cpu.generalProtection();
  const selector = readOperand(cpu, insn, 2);
  if (selector < 0) return Outcome.Fault;
  const d = readAdmittedGlobal(cpu, selector, (tss) => isTss(tss) && !isBusy(tss));
  if (!d) return Outcome.Fault;
  const busy = (d.high | 0x200) >>> 0;
  if (!cpu.mmu.write((d.address + 4) >>> 0, 4, busy, false)) return Outcome.Fault;
  loadHidden(cpu, TR, selector, base(d), limit(d), access({ ...d, high: busy }));
  return Outcome.Next;
}
