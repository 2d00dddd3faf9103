import { ZF } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { EAX, EBX, ECX, EDX } from "./general-registers.js";

/** CMPXCHG8B: the destination is written in any case, so it must be writable in any case. */
export function cmpxchg8b(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const { segment } = insn;
  const at = insn.effectiveAddress();
  if (!cpu.probeSegment(segment, at, 8, true) || !cpu.probeSegment(segment, at, 8, false)) return Outcome.Fault;
  const low = cpu.readSegment(segment, at, 4);
  const high = cpu.readSegment(segment, at + 4, 4);
  const equal = low === state.reg(EAX) && high === state.reg(EDX);
  if (equal) {
    cpu.writeSegment(segment, at, 4, state.reg(EBX));
    cpu.writeSegment(segment, at + 4, 4, state.reg(ECX));
  } else {
    cpu.writeSegment(segment, at, 4, low);
    cpu.writeSegment(segment, at + 4, 4, high);
    state.setReg(EAX, low);
    state.setReg(EDX, high);
  }
  cpu.setFlags(equal ? ZF : 0, ZF);
  return Outcome.Next;
}
