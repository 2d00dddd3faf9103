import { AC, ARITHMETIC, DF, ID, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from "../isa/flags.js";
import { Outcome } from "./callout.js";
import { setCr3 } from "./control.js";
import { CR0_PG, CR0_TS } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { DR6_BT, dropLocalBreakpoints, pendDebug } from "./debug.js";
import {
  access,
  base,
  type Descriptor,
  dpl,
  gateSelector,
  isBusy,
  isCode,
  isConforming,
  isNull,
  isTss,
  limit,
  markAccessed,
  readAdmitted,
  readAdmittedGlobal,
  readDescriptor,
  SystemType,
  systemType,
} from "./descriptors.js";
import { NO_ERROR_CODE, Vector } from "./exceptions.js";
import { updateFpuGates } from "./fpu-gate.js";
import { loadHidden, setNullSegment, setSegment, setVirtual8086Segment } from "./hidden-part.js";
import { type Interruption, savedFlags } from "./interruption.js";
import { CR0, CS, DS, ES, FS, GS, LDTR, Seg, SS, TR } from "./layout.js";
import { dataDescriptor, stackDescriptor } from "./segments.js";
import { loadLdtr } from "./tables.js";
import { readTask, type TaskImage, TSS16, TSS32, type TssLayout } from "./tss.js";

/** What starts a task switch: `call` and `interrupt` nest the new task in the old one, `return` is IRET with NT. */
export type TaskSource = "jump" | "call" | "return" | "interrupt";

const BUSY = 0x200;
const ALL_FLAGS = ARITHMETIC | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;

/**
 * Switches tasks (SDM vol. 3, 7.3). `d` is the TSS's descriptor under `selector`, or a task gate, both checked for privilege and presence.
 * `length` is that of the instruction; for interrupts `what` says what the old task is to return to.
 * A fault before the new task's registers are loaded happens in the old one, which is then unchanged (`Fault`); later ones happen in the new
 * task, before its first instruction (`FaultInNewTask`).
 */
export function switchTask(cpu: Cpu, selector: number, d: Descriptor, source: TaskSource, length: number, what?: Interruption): Outcome {
  if (systemType(d) !== SystemType.TaskGate) return switchTo(cpu, selector, d, source, length, what);
  const named = gateSelector(d);
  const target = taskDescriptor(cpu, named, Vector.GP);
  return target ? switchTo(cpu, named, target, source, length, what) : Outcome.Fault;
}

/** IRET with NT set: back to the task that the present TSS links to. */
export function returnToTask(cpu: Cpu, length: number): Outcome {
  const { state, mmu } = cpu;
  const selector = mmu.read(state.segment(TR, Seg.base), 2, false);
  if (selector < 0) return Outcome.Fault;
  const d = taskDescriptor(cpu, selector, Vector.TS);
  return d ? switchTo(cpu, selector, d, "return", length) : Outcome.Fault;
}

/** A TSS descriptor in the GDT: busy for a return (`refusal` #TS), available otherwise (#GP). */
function taskDescriptor(cpu: Cpu, selector: number, refusal: number): Descriptor | undefined {
  return readAdmittedGlobal(cpu, selector, (d) => isTss(d) && isBusy(d) === (refusal === Vector.TS), refusal);
}

const layoutOf = (type: number): TssLayout => (type & 8 ? TSS32 : TSS16);

function switchTo(cpu: Cpu, selector: number, d: Descriptor, source: TaskSource, length: number, what?: Interruption): Outcome {
  const { state, mmu } = cpu;
  const nests = source === "call" || source === "interrupt";
  const layout = layoutOf(systemType(d));
  if (limit(d) < layout.minimumLimit) return cpu.raiseSelector(Vector.TS, selector);
  const tss = base(d);
  const task = readTask(mmu, tss, layout);
  if (!task) return Outcome.Fault;

  // All that will be written must be writable: the old TSS, the link in the new one, and the busy bits.
  const oldTss = state.segment(TR, Seg.base);
  const oldSelector = state.segment(TR, Seg.selector);
  const oldLayout = layoutOf(state.segment(TR, Seg.access));
  const saved = oldLayout.selectors[oldLayout.selectors.length - 1][1] + 2 - oldLayout.eip;
  if (!mmu.probe((oldTss + oldLayout.eip) >>> 0, saved, true, false)) return Outcome.Fault;
  if (nests && !mmu.probe(tss, 2, true, false)) return Outcome.Fault;
  const oldDescriptor = nests ? undefined : readDescriptor(cpu, oldSelector, Vector.TS);
  if (!nests && !(oldDescriptor && mmu.probe((oldDescriptor.address + 4) >>> 0, 4, true, false))) return Outcome.Fault;
  if (source !== "return" && !mmu.probe((d.address + 4) >>> 0, 4, true, false)) return Outcome.Fault;

  const eflags = what ? savedFlags(cpu, what) : cpu.flags & ~(source === "return" ? NT | RF : RF);
  saveTask(cpu, oldTss, oldLayout, what ? what.returnEip : (cpu.eip + length) >>> 0, eflags);
  if (oldDescriptor) mmu.write((oldDescriptor.address + 4) >>> 0, 4, (oldDescriptor.high & ~BUSY) >>> 0, false);
  if (nests) mmu.write(tss, 2, oldSelector, false);
  const busy = (d.high | BUSY) >>> 0;
  if (source !== "return") mmu.write((d.address + 4) >>> 0, 4, busy, false);

  loadHidden(cpu, TR, selector & 0xffff, tss, limit(d), access({ ...d, high: busy }));
  state.set(CR0, state.get(CR0) | CR0_TS);
  updateFpuGates(cpu);
  dropLocalBreakpoints(cpu);
  if (!loadTask(cpu, task, layout, nests)) return Outcome.FaultInNewTask;
  if (what && what.error !== NO_ERROR_CODE) {
    const frame = cpu.frame.onCurrent().push(layout.size, what.error);
    if (!frame.check()) return Outcome.FaultInNewTask;
    frame.store();
    cpu.setStackPointer(frame.pointer);
  }
  if (task.eip > state.segment(CS, Seg.limit)) {
    cpu.generalProtection();
    return Outcome.FaultInNewTask;
  }
  if (task.trap) pendDebug(cpu, DR6_BT);
  return Outcome.Jump;
}

/** Stores the old task's registers; probed before. CR3 and LDTR are not stored: they don't change while a task runs. */
function saveTask(cpu: Cpu, tss: number, layout: TssLayout, eip: number, eflags: number): void {
  const { state, mmu } = cpu;
  const write = (offset: number, size: number, value: number) => mmu.write((tss + offset) >>> 0, size, value, false);
  write(layout.eip, layout.size, eip);
  write(layout.eflags, layout.size, eflags);
  for (let n = 0; n < 8; n++) write(layout.registers + n * layout.size, layout.size, state.reg(n));
  for (const [n, offset] of layout.selectors) write(offset, 2, state.segment(n, Seg.selector));
}

/** Loads the new task's registers, then checks its segments. False: an exception was raised, in the new task. */
function loadTask(cpu: Cpu, task: TaskImage, layout: TssLayout, nests: boolean): boolean {
  const { state } = cpu;
  const pages = layout.cr3 >= 0 && (state.get(CR0) & CR0_PG) !== 0;
  cpu.setFlags(nests ? task.eflags | NT : task.eflags, ALL_FLAGS);
  task.registers.forEach((value, n) => {
    state.setReg(n, value);
  });
  cpu.eip = task.eip;
  // Selectors are there from the start; what they name is not usable until it has been checked.
  for (let n = ES; n <= GS; n++) setNullSegment(cpu, n, task.selectors[n]);
  setNullSegment(cpu, LDTR, task.ldt);
  cpu.setCpl(cpu.isVirtual8086 ? 3 : task.selectors[CS] & 3);
  const loaded = (!pages || setCr3(cpu, task.cr3)) && loadLdtr(cpu, task.ldt, Vector.TS) && loadSegments(cpu, task);
  cpu.modeChanged();
  return loaded;
}

function loadSegments(cpu: Cpu, task: TaskImage): boolean {
  if (cpu.isVirtual8086) {
    for (let n = ES; n <= GS; n++) setVirtual8086Segment(cpu, n, task.selectors[n]);
    return true;
  }
  const code = taskCode(cpu, task.selectors[CS]);
  if (!code) return false;
  setSegment(cpu, CS, task.selectors[CS], code);
  const stack = stackDescriptor(cpu, task.selectors[SS], cpu.cpl, Vector.TS);
  const marked = stack && markAccessed(cpu, stack);
  if (!marked) return false;
  setSegment(cpu, SS, task.selectors[SS], marked);
  return [DS, ES, FS, GS].every((n) => loadData(cpu, n, task.selectors[n]));
}

function taskCode(cpu: Cpu, selector: number): Descriptor | undefined {
  const rpl = selector & 3;
  const code = readAdmitted(cpu, selector, (d) => isCode(d) && (isConforming(d) ? dpl(d) <= rpl : dpl(d) === rpl), Vector.TS);
  return code && markAccessed(cpu, code);
}

function loadData(cpu: Cpu, n: number, selector: number): boolean {
  if (isNull(selector)) return true;
  const d = dataDescriptor(cpu, selector, Vector.TS);
  const marked = d && markAccessed(cpu, d);
  if (!marked) return false;
  setSegment(cpu, n, selector, marked);
  return true;
}
