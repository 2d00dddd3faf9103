import type { Insn } from "./callout.js";
import { Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import {
  type Descriptor,
  dpl,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isWritableData,
  markAccessed,
  readAdmitted,
} from "./descriptors.js";
import { Vector } from "./exceptions.js";
import { ESP } from "./general-registers.js";
import { setNullSegment, setRealModeSegment, setSegment, setVirtual8086Segment } from "./hidden-part.js";
import { CS, DS, ES, FS, GS, Seg, SS } from "./layout.js";
import { readOperand, writeOperand } from "./operand.js";
import { rememberLoad } from "./recent-loads.js";

/**
 * Loads ES, SS, DS, FS or GS as MOV, POP and LDS do (SDM vol. 2, MOV; vol. 3, 5.7). False: an exception was raised and nothing changed.
 */
export function loadSegment(cpu: Cpu, n: number, selector: number): boolean {
  const { mode } = cpu;
  if (mode === "real") setRealModeSegment(cpu, n, selector);
  else if (mode === "virtual8086") setVirtual8086Segment(cpu, n, selector);
  else if (isNull(selector)) {
    if (n === SS) {
      cpu.generalProtection();
      return false;
    }
    setNullSegment(cpu, n, selector);
  } else {
    const d = n === SS ? stackDescriptor(cpu, selector, cpu.cpl, Vector.GP) : dataDescriptor(cpu, selector);
    const marked = d && markAccessed(cpu, d);
    if (!marked) return false;
    setSegment(cpu, n, selector, marked);
    if (n !== SS) rememberLoad(cpu.state, n, selector, cpu.cpl, marked);
  }
  cpu.modeChanged();
  return true;
}

/**
 * Checks a selector (not null) for ES, DS, FS or GS. `refusal` is what a wrong one raises: #GP, or #TS where the selector comes from a TSS. DPL
 * counts for data and nonconforming code.
 */
export function dataDescriptor(cpu: Cpu, selector: number, refusal: number = Vector.GP): Descriptor | undefined {
  const reachable = (d: Descriptor) => (isCode(d) && isConforming(d)) || Math.max(selector & 3, cpu.cpl) <= dpl(d);
  return readAdmitted(cpu, selector, (d) => isReadable(d) && reachable(d), refusal);
}

/** Checks a selector for SS at privilege level `cpl`. `refusal` as above; a segment that is not present is #SS always. */
export function stackDescriptor(cpu: Cpu, selector: number, cpl: number, refusal: number): Descriptor | undefined {
  const fits = (d: Descriptor) => (selector & 3) === cpl && isWritableData(d) && dpl(d) === cpl;
  return readAdmitted(cpu, selector, fits, refusal, Vector.SS);
}

/** On return to an outer level: what ES, DS, FS, GS hold must not stay usable if that level may not have it (SDM vol. 2, RET). */
export function dropInnerSegments(cpu: Cpu, cpl: number): void {
  for (const n of [ES, DS, FS, GS]) {
    const accessField = cpu.state.segment(n, Seg.access);
    const conforming = (accessField & 0x1c) === 0x1c;
    // A null selector counts as DPL 0: its RPL is lost here, on processors too.
    if (!conforming && ((accessField >>> 5) & 3) < cpl) setNullSegment(cpu, n, 0);
  }
}

export function movToSegment(cpu: Cpu, insn: Insn): Outcome {
  const { reg } = insn;
  if (reg === CS || reg > GS) return cpu.raise(Vector.UD);
  const selector = readOperand(cpu, insn, 2);
  if (selector < 0 || !loadSegment(cpu, reg, selector)) return Outcome.Fault;
  // Interrupts and debug traps wait for the next instruction, which loads ESP (SDM vol. 3, 6.8.3).
  if (reg === SS) cpu.shadowInterrupts(true);
  return cpu.endInstruction(insn.length);
}

/** Where AC is checked, whatever the operand size (SDM vol. 3, table 6-7). */
const SELECTOR_ALIGNMENT = 2;

function popSegment(n: number) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    // Only the low 16 bits are the selector; the whole slot must be readable all the same.
    const selector = cpu.peekStack(insn.size, 0, SELECTOR_ALIGNMENT);
    if (selector < 0) return Outcome.Fault;
    // The stack may become another one: what is popped counts in the width of the old.
    const esp = cpu.state.reg(ESP);
    cpu.dropStack(insn.size);
    if (!loadSegment(cpu, n, selector & 0xffff)) {
      cpu.state.setReg(ESP, esp);
      return Outcome.Fault;
    }
    if (n === SS) cpu.shadowInterrupts(true);
    return cpu.endInstruction(insn.length);
  };
}

export const popEs = popSegment(ES);
export const popSs = popSegment(SS);
export const popDs = popSegment(DS);
export const popFs = popSegment(FS);
export const popGs = popSegment(GS);

/** LDS and its kin: offset first in memory, then the selector. */
function loadFarPointer(n: number) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    if (!insn.memory) return cpu.raise(Vector.UD);
    const { size } = insn;
    const at = insn.effectiveAddress();
    const offset = cpu.readSegment(insn.segment, at, size);
    if (offset < 0) return Outcome.Fault;
    const selector = cpu.readSegment(insn.segment, (at + size) >>> 0, 2);
    if (selector < 0 || !loadSegment(cpu, n, selector)) return Outcome.Fault;
    cpu.state.setReg(insn.reg, offset, size);
    return cpu.endInstruction(insn.length);
  };
}

export const les = loadFarPointer(ES);
export const lss = loadFarPointer(SS);
export const lds = loadFarPointer(DS);
export const lfs = loadFarPointer(FS);
export const lgs = loadFarPointer(GS);

/** POP to memory: the address is computed with ESP already incremented (SDM vol. 2, POP). */
export function popMemory(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const { size } = insn;
  const value = cpu.peekStack(size);
  if (value < 0) return Outcome.Fault;
  const esp = state.reg(ESP);
  cpu.dropStack(size);
  if (writeOperand(cpu, insn, size, value)) return Outcome.Next;
  state.setReg(ESP, esp);
  return Outcome.Fault;
}
