import { AC, IF, IOPL, NT, RF, TF, VIF, VM } from "../isa/flags.js";
import { Outcome } from "./callout.js";
import { CR4_VME } from "./control-bits.js";
import type { Cpu } from "./cpu.js";
import { allowDebugRegisters } from "./debug.js";
import {
  ACCESS_TSS32,
  type Descriptor,
  dpl,
  gateOffset,
  gateSelector,
  isCode,
  isConforming,
  isPresent,
  isSystem,
  limit,
  markAccessed,
  readAdmitted,
  readDescriptorAt,
  SystemType,
  systemType,
} from "./descriptors.js";
import { NO_ERROR_CODE, Vector } from "./exceptions.js";
import { setCode, setRealCode } from "./far-transfer.js";
import { ESP } from "./general-registers.js";
import { setNullSegment, setSegment } from "./hidden-part.js";
import { innerStack } from "./inner-stack.js";
import { type Interruption, savedFlags } from "./interruption.js";
import { CR4, CS, DS, EFLAGS, ES, FS, GS, IDTR_BASE, IDTR_LIMIT, Seg, SS, TR } from "./layout.js";
import { switchTask } from "./tasks.js";

const INTERRUPT_GATES: ReadonlySet<number> = new Set([
  SystemType.InterruptGate16,
  SystemType.TrapGate16,
  SystemType.InterruptGate32,
  SystemType.TrapGate32,
]);

/** Delivers an interruption (SDM vol. 3, 6.12; vol. 2, INT n): `Jump`, or `Fault` or `FaultInNewTask` if that raised an exception. */
export function interrupt(cpu: Cpu, what: Interruption): Outcome {
  if (what.source === "event" && what.vector !== Vector.DB && cpu.entersGate(what)) return Outcome.Jump;
  cpu.ext = what.source === "event" ? 1 : 0;
  const delivered = deliver(cpu, what);
  cpu.ext = 0;
  if (delivered === Outcome.Jump) {
    cpu.stepping = false;
    if (what.vector === Vector.DB) allowDebugRegisters(cpu);
  }
  return delivered;
}

function deliver(cpu: Cpu, what: Interruption): Outcome {
  const { mode } = cpu;
  if (mode === "real") return throughVectorTable(cpu, what, cpu.state.get(IDTR_BASE), cpu.state.get(IDTR_LIMIT), savedFlags(cpu, what));
  if (mode === "virtual8086" && what.source === "int") {
    const redirected = redirectedVirtual8086(cpu, what);
    if (redirected !== "gate") return redirected;
  }
  return throughGate(cpu, what);
}

/** Real mode, and virtual-8086 mode where VME redirects: FLAGS, CS and IP, through the table of far pointers. */
function throughVectorTable(cpu: Cpu, what: Interruption, table: number, tableLimit: number, image: number): Outcome {
  const entry = 4 * what.vector;
  // The exception that reports a short table has no error code to push in real mode.
  if (entry + 3 > tableLimit) return cpu.raise(Vector.GP, NO_ERROR_CODE);
  const pointer = cpu.mmu.read((table + entry) >>> 0, 4, false);
  if (pointer < 0) return Outcome.Fault;
  const frame = cpu.frame.onCurrent().push(2, image).push(2, cpu.state.segment(CS, Seg.selector)).push(2, what.returnEip);
  if (!frame.check()) return Outcome.Fault;
  if ((pointer & 0xffff) > cpu.state.segment(CS, Seg.limit)) return cpu.generalProtection();
  frame.store();
  cpu.setStackPointer(frame.pointer);
  cpu.setFlags(0, cpu.isVirtual8086 ? TF | RF | (cpu.iopl < 3 ? VIF : IF) : TF | RF | IF | AC);
  setRealCode(cpu, pointer >>> 16, pointer & 0xffff);
  return Outcome.Jump;
}

/** INT n in virtual-8086 mode (SDM vol. 3, table 20-2): through the 8086 vectors, by a gate, or #GP(0). */
function redirectedVirtual8086(cpu: Cpu, what: Interruption): Outcome | "gate" {
  const vme = (cpu.state.get(CR4) & CR4_VME) !== 0;
  if (vme) {
    const redirect = redirectionBit(cpu, what.vector);
    if (redirect === "fault") return Outcome.Fault;
    if (!redirect) {
      let image = savedFlags(cpu, what);
      if (cpu.iopl < 3) image = (image & ~IF) | IOPL | (image & VIF ? IF : 0);
      return throughVectorTable(cpu, what, 0, 0x3ff, image);
    }
  }
  return cpu.iopl < 3 ? cpu.generalProtection() : "gate";
}

/** The vector's bit in the redirection bitmap, the 32 bytes below the I/O map of a 32-bit TSS; where there is none it counts as set. */
function redirectionBit(cpu: Cpu, vector: number): boolean | "fault" {
  const { state, mmu } = cpu;
  const tss = state.segment(TR, Seg.base);
  const tssLimit = state.segment(TR, Seg.limit);
  if (!(state.segment(TR, Seg.access) & ACCESS_TSS32) || tssLimit < 103) return true;
  const map = mmu.read((tss + 102) >>> 0, 2, false);
  if (map < 0) return "fault";
  const at = map - 32 + (vector >>> 3);
  if (at < 0 || at > tssLimit) return true;
  const bits = mmu.read((tss + at) >>> 0, 1, false);
  return bits < 0 ? "fault" : ((bits >>> (vector & 7)) & 1) !== 0;
}

function throughGate(cpu: Cpu, what: Interruption): Outcome {
  const { state } = cpu;
  const index = 8 * what.vector;
  const gateError = index | 2 | cpu.ext;
  if (index + 7 > state.get(IDTR_LIMIT)) return cpu.raise(Vector.GP, gateError);
  const gate = readDescriptorAt(cpu, (state.get(IDTR_BASE) + index) >>> 0);
  if (!gate) return Outcome.Fault;
  const isTask = systemType(gate) === SystemType.TaskGate;
  if (!isSystem(gate) || (!isTask && !INTERRUPT_GATES.has(systemType(gate)))) return cpu.raise(Vector.GP, gateError);
  if (what.source !== "event" && dpl(gate) < cpu.cpl) return cpu.raise(Vector.GP, gateError);
  if (!isPresent(gate)) return cpu.raise(Vector.NP, gateError);
  if (isTask) return switchTask(cpu, 0, gate, "interrupt", 0, what);

  const selector = gateSelector(gate);
  const target = readAdmitted(cpu, selector, (d) => isCode(d) && dpl(d) <= cpu.cpl);
  if (!target) return Outcome.Fault;
  const inner = !isConforming(target) && dpl(target) < cpu.cpl;
  // From virtual-8086 mode only level 0 can be reached.
  if (cpu.isVirtual8086 && (!inner || dpl(target) !== 0)) return cpu.raiseSelector(Vector.GP, selector);
  return inner ? toInnerLevel(cpu, what, gate, target) : toSameLevel(cpu, what, gate, target);
}

const gateSize = (gate: Descriptor): 2 | 4 => (systemType(gate) >= SystemType.InterruptGate32 ? 4 : 2);

function pushReturn(cpu: Cpu, what: Interruption, size: number): void {
  cpu.frame.push(size, savedFlags(cpu, what)).push(size, cpu.state.segment(CS, Seg.selector)).push(size, what.returnEip);
  if (what.error !== NO_ERROR_CODE) cpu.frame.push(size, what.error);
}

function toSameLevel(cpu: Cpu, what: Interruption, gate: Descriptor, target: Descriptor): Outcome {
  const frame = cpu.frame.onCurrent();
  pushReturn(cpu, what, gateSize(gate));
  if (!frame.check()) return Outcome.Fault;
  if (gateOffset(gate) > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  if (!code) return Outcome.Fault;
  frame.store();
  cpu.setStackPointer(frame.pointer);
  enter(cpu, gate, code, cpu.cpl);
  return Outcome.Jump;
}

function toInnerLevel(cpu: Cpu, what: Interruption, gate: Descriptor, target: Descriptor): Outcome {
  const { state, frame } = cpu;
  const cpl = dpl(target);
  const stack = innerStack(cpu, cpl);
  if (!stack) return Outcome.Fault;
  const size = gateSize(gate);
  const fromVirtual8086 = cpu.isVirtual8086;
  frame.on(stack.descriptor, stack.selector, stack.pointer, cpl);
  if (fromVirtual8086) for (const n of [GS, FS, DS, ES]) frame.push(size, state.segment(n, Seg.selector));
  frame.push(size, state.segment(SS, Seg.selector)).push(size, state.reg(ESP));
  pushReturn(cpu, what, size);
  if (!frame.check()) return Outcome.Fault;
  if (gateOffset(gate) > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  const stackSegment = code && markAccessed(cpu, stack.descriptor);
  if (!stackSegment) return Outcome.Fault;
  frame.store();
  if (fromVirtual8086) {
    state.set(EFLAGS, state.get(EFLAGS) & ~VM);
    for (const n of [ES, DS, FS, GS]) setNullSegment(cpu, n, 0);
  }
  setSegment(cpu, SS, stack.selector, stackSegment);
  cpu.setStackPointer(frame.pointer);
  enter(cpu, gate, code, cpl);
  return Outcome.Jump;
}

/** Flags and CS:EIP of the handler. An interrupt gate clears IF, a trap gate doesn't. */
function enter(cpu: Cpu, gate: Descriptor, code: Descriptor, cpl: number): void {
  const isTrap = (systemType(gate) & 1) !== 0;
  cpu.setFlags(0, TF | NT | RF | VM | (isTrap ? 0 : IF));
  setCode(cpu, gateSelector(gate), code, gateOffset(gate), cpl);
}
