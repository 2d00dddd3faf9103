import { ZF } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import {
  type Descriptor,
  descriptorAddress,
  dpl,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isSystem,
  isWritableData,
  limit,
  readDescriptorAt,
  SystemType,
  systemType,
} from "./descriptors.js";
import { Vector } from "./exceptions.js";
import { readOperand, writeOperand } from "./operand.js";

const T = SystemType;
/** System descriptors that LAR accepts: no interrupt and trap gates (SDM vol. 2, LAR). */
const LAR_TYPES: ReadonlySet<number> = new Set([T.Tss16, T.Ldt, T.Tss16Busy, T.CallGate16, T.TaskGate, T.Tss32, T.Tss32Busy, T.CallGate32]);
/** Those that have a limit. */
const LSL_TYPES: ReadonlySet<number> = new Set([T.Tss16, T.Ldt, T.Tss16Busy, T.Tss32, T.Tss32Busy]);

/** `none`: the selector names nothing; `fault`: reading its descriptor raised a #PF. */
type Found = Descriptor | "none" | "fault";

function find(cpu: Cpu, selector: number): Found {
  if (isNull(selector)) return "none";
  const address = descriptorAddress(cpu, selector);
  if (address < 0) return "none";
  return readDescriptorAt(cpu, address) ?? "fault";
}

/** Whether CPL and RPL may see this segment at all. */
function visible(cpu: Cpu, selector: number, d: Descriptor): boolean {
  return (isCode(d) && isConforming(d)) || Math.max(cpu.cpl, selector & 3) <= dpl(d);
}

/** LAR and LSL: ZF says whether the destination was written. */
function load(types: ReadonlySet<number>, value: (d: Descriptor) => number) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    if (!cpu.isProtected) return cpu.raise(Vector.UD);
    const selector = readOperand(cpu, insn, 2);
    if (selector < 0) return Outcome.Fault;
    const d = find(cpu, selector);
    if (d === "fault") return Outcome.Fault;
    const good = d !== "none" && (!isSystem(d) || types.has(systemType(d))) && visible(cpu, selector, d);
    if (good) cpu.state.setReg(insn.reg, value(d), insn.size);
    cpu.setFlags(good ? ZF : 0, ZF);
    return Outcome.Next;
  };
}

export const lar = load(LAR_TYPES, (d) => d.high & 0x00ff_ff00);
export const lsl = load(LSL_TYPES, limit);

function verify(allowed: (d: Descriptor) => boolean) {
  return (cpu: Cpu, insn: Insn): Outcome => {
    if (!cpu.isProtected) return cpu.raise(Vector.UD);
    const selector = readOperand(cpu, insn, 2);
    if (selector < 0) return Outcome.Fault;
    const d = find(cpu, selector);
    if (d === "fault") return Outcome.Fault;
    const good = d !== "none" && allowed(d) && visible(cpu, selector, d);
    cpu.setFlags(good ? ZF : 0, ZF);
    return Outcome.Next;
  };
}

export const verr = verify(isReadable);
export const verw = verify(isWritableData);

/** Raises the RPL of the destination to that of the source. */
export function arpl(cpu: Cpu, insn: Insn): Outcome {
  if (!cpu.isProtected) return cpu.raise(Vector.UD);
  const selector = readOperand(cpu, insn, 2);
  if (selector < 0) return Outcome.Fault;
  const rpl = cpu.state.reg(insn.reg, 2) & 3;
  const raised = (selector & 3) < rpl;
  if (raised && !writeOperand(cpu, insn, 2, (selector & ~3) | rpl)) return Outcome.Fault;
  cpu.setFlags(raised ? ZF : 0, ZF);
  return Outcome.Next;
}
