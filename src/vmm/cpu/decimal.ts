import { AF, ARITHMETIC, CF, PF, SF, ZF } from "../isa/flags.js";
import { type Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { Vector } from "./exceptions.js";
import { EAX } from "./general-registers.js";

/** Decimal adjustment (SDM vol. 2). Flags that the manual leaves undefined: OF 0; SF, ZF, PF from AL; AF and CF 0 where nothing defines them. */

function flagsOf(al: number): number {
  let bits = al ^ (al >> 4);
  bits ^= bits >> 2;
  const even = ((bits ^ (bits >> 1)) & 1) === 0;
  return (al === 0 ? ZF : 0) | (al & 0x80 ? SF : 0) | (even ? PF : 0);
}

function adjustPacked(sign: 1 | -1) {
  return (cpu: Cpu, _insn: Insn): Outcome => {
    const { state, flags } = cpu;
    const al = state.reg(EAX, 1);
    let result = al;
    let out = 0;
    if ((al & 0x0f) > 9 || flags & AF) {
      result += sign * 6;
      out |= AF;
      // DAS: a borrow out of AL in this step is a carry as well.
      if (sign < 0 && result < 0) out |= CF;
    }
    if (al > 0x99 || flags & CF) {
      result += sign * 0x60;
      out |= CF;
    }
    result &= 0xff;
    state.setReg(EAX, result, 1);
    cpu.setFlags(out | flagsOf(result), ARITHMETIC);
    return Outcome.Next;
  };
}

export const daa = adjustPacked(1);
export const das = adjustPacked(-1);

function adjustUnpacked(sign: 1 | -1) {
  return (cpu: Cpu, _insn: Insn): Outcome => {
    const { state, flags } = cpu;
    let ax = state.reg(EAX, 2);
    const adjust = (ax & 0x0f) > 9 || (flags & AF) !== 0;
    if (adjust) ax = sign > 0 ? ax + 0x106 : ax - 0x106;
    ax &= 0xff0f;
    state.setReg(EAX, ax, 2);
    cpu.setFlags((adjust ? AF | CF : 0) | flagsOf(ax & 0xff), ARITHMETIC);
    return Outcome.Next;
  };
}

export const aaa = adjustUnpacked(1);
export const aas = adjustUnpacked(-1);

export function aam(cpu: Cpu, insn: Insn): Outcome {
  const radix = insn.imm & 0xff;
  if (radix === 0) return cpu.raise(Vector.DE);
  const { state } = cpu;
  const al = state.reg(EAX, 1);
  const low = al % radix;
  state.setReg(EAX, (Math.floor(al / radix) << 8) | low, 2);
  cpu.setFlags(flagsOf(low), ARITHMETIC);
  return Outcome.Next;
}

export function aad(cpu: Cpu, insn: Insn): Outcome {
  const { state } = cpu;
  const ax = state.reg(EAX, 2);
  const result = ((ax & 0xff) + (ax >> 8) * (insn.imm & 0xff)) & 0xff;
  state.setReg(EAX, result, 2);
  cpu.setFlags(flagsOf(result), ARITHMETIC);
  return Outcome.Next;
}

/** Undocumented: AL = CF ? FFh : 0. */
export function salc(cpu: Cpu, _insn: Insn): Outcome {
  cpu.state.setReg(EAX, cpu.flags & CF ? 0xff : 0, 1);
  return Outcome.Next;
}
