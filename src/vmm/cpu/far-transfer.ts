import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import {
  admit,
  type Descriptor,
  dpl,
  gateOffset,
  gateSelector,
  isBusy,
  isCode,
  isConforming,
  isNull,
  isSystem,
  isTss,
  limit,
  markAccessed,
  readAdmitted,
  readDescriptor,
  SystemType,
  systemType,
  TABLE_INDICATOR,
} from "./descriptors.js";
import { ESP } from "./general-registers.js";
import { setRealModeSegment, setSegment, setVirtual8086Segment } from "./hidden-part.js";
import { innerStack } from "./inner-stack.js";
import { CS, Seg, SS, STACK_MASK } from "./layout.js";
import { switchTask } from "./tasks.js";

/** Far JMP and CALL (SDM vol. 2, JMP and CALL; vol. 3, 5.8). Everything is checked before anything changes. */

interface FarPointer {
  readonly selector: number;
  readonly offset: number;
}

function pointerInMemory(cpu: Cpu, insn: Insn): FarPointer | undefined {
  const at = insn.effectiveAddress();
  const offset = cpu.readSegment(insn.segment, at, insn.size);
  if (offset < 0) return undefined;
  const selector = cpu.readSegment(insn.segment, (at + insn.size) >>> 0, 2);
  return selector < 0 ? undefined : { selector, offset };
}

const pointerInCode = (insn: Insn): FarPointer => ({
  selector: insn.imm2 & 0xffff,
  offset: insn.size === 2 ? insn.imm & 0xffff : insn.imm >>> 0,
});

export function jmpFar(cpu: Cpu, insn: Insn): Outcome {
  return jump(cpu, insn, pointerInCode(insn));
}
export function jmpFarMemory(cpu: Cpu, insn: Insn): Outcome {
  const to = pointerInMemory(cpu, insn);
  return to ? jump(cpu, insn, to) : Outcome.Fault;
}
export function callFar(cpu: Cpu, insn: Insn): Outcome {
  return call(cpu, insn, pointerInCode(insn));
}
export function callFarMemory(cpu: Cpu, insn: Insn): Outcome {
  const to = pointerInMemory(cpu, insn);
  return to ? call(cpu, insn, to) : Outcome.Fault;
}

/** CS:EIP in real and virtual-8086 mode; the offset has been checked. */
export function setRealCode(cpu: Cpu, selector: number, eip: number): Outcome {
  if (cpu.isVirtual8086) setVirtual8086Segment(cpu, CS, selector);
  else setRealModeSegment(cpu, CS, selector);
  return arrive(cpu, eip);
}

/** CS:EIP from a descriptor that has been checked and marked accessed; CPL is given. The last step of a transfer. */
export function setCode(cpu: Cpu, selector: number, d: Descriptor, eip: number, cpl: number): Outcome {
  cpu.setCpl(cpl);
  setSegment(cpu, CS, (selector & 0xfffc) | cpl, d);
  return arrive(cpu, eip);
}

function arrive(cpu: Cpu, eip: number): Outcome {
  cpu.eip = eip;
  cpu.modeChanged();
  return Outcome.Jump;
}

function jump(cpu: Cpu, insn: Insn, to: FarPointer): Outcome {
  if (!cpu.isProtected) {
    if (to.offset > cpu.state.segment(CS, Seg.limit)) return cpu.generalProtection();
    return setRealCode(cpu, to.selector, to.offset);
  }
  if (isNull(to.selector)) return cpu.generalProtection();
  const d = readDescriptor(cpu, to.selector);
  if (!d) return Outcome.Fault;
  if (!isSystem(d)) {
    const direct = directCode(cpu, to.selector, d);
    return direct ? jumpSameLevel(cpu, to.selector, direct, to.offset) : Outcome.Fault;
  }
  if (!systemTarget(cpu, to.selector, d)) return Outcome.Fault;
  if (!isCallGate(d)) return switchTask(cpu, to.selector, d, "jump", insn.length);
  const target = gateCode(cpu, d, "jump");
  return target ? jumpSameLevel(cpu, gateSelector(d), target, gateOffset(d)) : Outcome.Fault;
}

function jumpSameLevel(cpu: Cpu, selector: number, target: Descriptor, eip: number): Outcome {
  if (eip > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  return code ? setCode(cpu, selector, code, eip, cpu.cpl) : Outcome.Fault;
}

function call(cpu: Cpu, insn: Insn, to: FarPointer): Outcome {
  const { size } = insn;
  const { state } = cpu;
  const returnEip = (cpu.eip + insn.length) >>> 0;
  const frame = cpu.frame;
  if (!cpu.isProtected) {
    if (!frame.onCurrent().push(size, state.segment(CS, Seg.selector)).push(size, returnEip).check()) return Outcome.Fault;
    if (to.offset > state.segment(CS, Seg.limit)) return cpu.generalProtection();
    frame.store();
    cpu.setStackPointer(frame.pointer);
    return setRealCode(cpu, to.selector, to.offset);
  }
  if (isNull(to.selector)) return cpu.generalProtection();
  const d = readDescriptor(cpu, to.selector);
  if (!d) return Outcome.Fault;
  if (!isSystem(d)) {
    const direct = directCode(cpu, to.selector, d);
    return direct ? callSameLevel(cpu, size, returnEip, to.selector, direct, to.offset) : Outcome.Fault;
  }
  if (!systemTarget(cpu, to.selector, d)) return Outcome.Fault;
  if (!isCallGate(d)) return switchTask(cpu, to.selector, d, "call", insn.length);
  const target = gateCode(cpu, d, "call");
  if (!target) return Outcome.Fault;
  const gateSize = systemType(d) === SystemType.CallGate32 ? 4 : 2;
  if (!isConforming(target) && dpl(target) < cpu.cpl) return callInner(cpu, gateSize, returnEip, d, target);
  return callSameLevel(cpu, gateSize, returnEip, gateSelector(d), target, gateOffset(d));
}

function callSameLevel(cpu: Cpu, size: number, returnEip: number, selector: number, target: Descriptor, eip: number): Outcome {
  const frame = cpu.frame.onCurrent().push(size, cpu.state.segment(CS, Seg.selector)).push(size, returnEip);
  if (!frame.check()) return Outcome.Fault;
  if (eip > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  if (!code) return Outcome.Fault;
  frame.store();
  cpu.setStackPointer(frame.pointer);
  return setCode(cpu, selector, code, eip, cpu.cpl);
}

/** Through a gate to an inner level: its stack comes from the TSS, and parameters are copied over. */
function callInner(cpu: Cpu, size: number, returnEip: number, gate: Descriptor, target: Descriptor): Outcome {
  const { state, frame } = cpu;
  const cpl = dpl(target);
  const stack = innerStack(cpu, cpl);
  if (!stack) return Outcome.Fault;
  const oldEsp = state.reg(ESP);
  const oldMask = state.get(STACK_MASK);
  frame.on(stack.descriptor, stack.selector, stack.pointer, cpl).push(size, state.segment(SS, Seg.selector)).push(size, oldEsp);
  for (let i = (gate.high & 31) - 1; i >= 0; i--) {
    const parameter = cpu.readSegment(SS, ((oldEsp + i * size) & oldMask) >>> 0, size);
    if (parameter < 0) return Outcome.Fault;
    frame.push(size, parameter);
  }
  frame.push(size, state.segment(CS, Seg.selector)).push(size, returnEip);
  if (!frame.check()) return Outcome.Fault;
  if (gateOffset(gate) > limit(target)) return cpu.generalProtection();
  const code = markAccessed(cpu, target);
  const stackSegment = code && markAccessed(cpu, stack.descriptor);
  if (!stackSegment) return Outcome.Fault;
  frame.store();
  setSegment(cpu, SS, stack.selector, stackSegment);
  cpu.setStackPointer(frame.pointer);
  return setCode(cpu, gateSelector(gate), code, gateOffset(gate), cpl);
}

/** Whether a code segment may be named directly: it must be of this level, or conforming and not of an outer one. */
function directCode(cpu: Cpu, selector: number, d: Descriptor): Descriptor | undefined {
  const { cpl } = cpu;
  return admit(cpu, selector, d, isCode(d) && (isConforming(d) ? dpl(d) <= cpl : (selector & 3) <= cpl && dpl(d) === cpl));
}

const isCallGate = (d: Descriptor): boolean => systemType(d) === SystemType.CallGate16 || systemType(d) === SystemType.CallGate32;
const isTaskGate = (d: Descriptor): boolean => systemType(d) === SystemType.TaskGate;

/** A call gate, task gate or available TSS (those are in the GDT only) that CPL and RPL may use. */
function systemTarget(cpu: Cpu, selector: number, d: Descriptor): Descriptor | undefined {
  const task = isTss(d) && !isBusy(d) && (selector & TABLE_INDICATOR) === 0;
  const kind = isCallGate(d) || isTaskGate(d) || task;
  return admit(cpu, selector, d, kind && Math.max(cpu.cpl, selector & 3) <= dpl(d));
}

/** The code segment that a call gate leads to: for a call not of an outer level, for a jump of this one (or conforming). */
function gateCode(cpu: Cpu, gate: Descriptor, source: "jump" | "call"): Descriptor | undefined {
  const { cpl } = cpu;
  const reachable = (d: Descriptor) => (isConforming(d) || source === "call" ? dpl(d) <= cpl : dpl(d) === cpl);
  return readAdmitted(cpu, gateSelector(gate), (d) => isCode(d) && reachable(d));
}
