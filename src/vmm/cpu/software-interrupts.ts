import { OF } from "../isa/flags.js";
import type { Insn, Outcome } from "./callout.js";
import type { Cpu } from "./cpu.js";
import { NO_ERROR_CODE, Vector } from "./exceptions.js";
import type { Source } from "./interruption.js";
import { interrupt } from "./interrupts.js";

function raise(cpu: Cpu, insn: Insn, vector: number, source: Source): Outcome {
  const returnEip = (cpu.eip + insn.length) >>> 0;
  return interrupt(cpu, { vector, source, error: NO_ERROR_CODE, returnEip, restart: false });
}

export const int = (cpu: Cpu, insn: Insn): Outcome => raise(cpu, insn, insn.imm & 0xff, "int");
export const int3 = (cpu: Cpu, insn: Insn): Outcome => raise(cpu, insn, Vector.BP, "trap");
export const into = (cpu: Cpu, insn: Insn): Outcome =>
  cpu.flags & OF ? raise(cpu, insn, Vector.OF, "trap") : cpu.endInstruction(insn.length);
/** F1: a #DB that no DPL stops (SDM vol. 2, INT n). */
export const int1 = (cpu: Cpu, insn: Insn): Outcome => raise(cpu, insn, Vector.DB, "event");
