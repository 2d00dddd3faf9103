import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import {
  type Descriptor,
  dpl,
  gateOffset,
  gateSelector,
  isCode,
  isConforming,
  isNull,
  isPresent,
  isSystem,
  limit,
  markAccessed,
  readDescriptor,
  SystemType,
  systemType,
} from "./descriptors.js";
import { Vector } from "./exceptions.js";
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
    if (!directCode(cpu, to.selector, d)) return Outcome.Fault;
    return jumpSameLevel(cpu, to.selector, d, to.offset);
  }
  if (!gateReachable(cpu, to.selector, d)) return Outcome.Fault;
  if (!isCallGate(d)) return switchTask(cpu, to.selector, d, "jump", insn.length);
  const target = gateCode(cpu, d);
  if (!target) return Outcome.Fault;
  // A jump through a gate stays on its level.
  if (!isConforming(target) && dpl(target) !== cpu.cpl) return cpu.raiseSelector(Vector.GP, gateSelector(d));
  return jumpSameLevel(cpu, gateSelector(d), target, gateOffset(d));
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
    if (!directCode(cpu, to.selector, d)) return Outcome.Fault;
    return callSameLevel(cpu, size, returnEip, to.selector, d, to.offset);
  }
  if (!gateReachable(cpu, to.selector, d)) return Outcome.Fault;
  if (!isCallGate(d)) return switchTask(cpu, to.selector, d, "call", insn.length);
  const target = gateCode(cpu, d);
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
function directCode(cpu: Cpu, selector: number, d: Descriptor): boolean {
  const { cpl } = cpu;
  if (!isCode(d) || !(isConforming(d) ? dpl(d) <= cpl : (selector & 3) <= cpl && dpl(d) === cpl)) {
    cpu.raiseSelector(Vector.GP, selector);
    return false;
  }
  if (!isPresent(d)) {
    cpu.raiseSelector(Vector.NP, selector);
    return false;
  }
  return true;
}

const isCallGate = (d: Descriptor): boolean => systemType(d) === SystemType.CallGate16 || systemType(d) === SystemType.CallGate32;

const TRANSFERS: ReadonlySet<number> = new Set([
  SystemType.CallGate16,
  SystemType.CallGate32,
  SystemType.TaskGate,
  SystemType.Tss16,
  SystemType.Tss32,
]);

/** A call gate, task gate or available TSS that CPL and RPL may use. */
function gateReachable(cpu: Cpu, selector: number, d: Descriptor): boolean {
  if (!TRANSFERS.has(systemType(d)) || Math.max(cpu.cpl, selector & 3) > dpl(d)) {
    cpu.raiseSelector(Vector.GP, selector);
    return false;
  }
  if (!isPresent(d)) {
    cpu.raiseSelector(Vector.NP, selector);
    return false;
  }
  return true;
}

/** The code segment that a call gate leads to: not of an outer level. */
function gateCode(cpu: Cpu, gate: Descriptor): Descriptor | undefined {
  const selector = gateSelector(gate);
  if (isNull(selector)) {
    cpu.generalProtection();
    return undefined;
  }
  const d = readDescriptor(cpu, selector);
  if (!d) return undefined;
  if (!isCode(d) || dpl(d) > cpu.cpl) {
    cpu.raiseSelector(Vector.GP, selector);
    return undefined;
  }
  if (!isPresent(d)) {
    cpu.raiseSelector(Vector.NP, selector);
    return undefined;
  }
  return d;
}
