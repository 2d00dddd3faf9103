/**
 * What the manuals leave open besides EFLAGS bits, and processors do differently. Only for instructions that fault half-way: ours do
 * nothing then; the host may have begun.
 */
import type { Case, Instruction, Result } from "./case.js";

/** "fault": which fault is reported, when several of the instruction's accesses fault. */
export type Aspect = "registers" | "memory" | "fx" | "fault";

interface Unspecified {
  readonly mnemonics: readonly string[];
  readonly aspect: Aspect;
  readonly reason: string;
}

export const unspecified: readonly Unspecified[] = [
  { mnemonics: ["cmps"], aspect: "fault", reason: "the order of the two reads: when both fault, either may be reported" },
  { mnemonics: ["iret", "retf"], aspect: "fault", reason: "the order in which the words of the frame are read" },
  {
    mnemonics: ["popa"],
    aspect: "registers",
    reason: "registers popped before the fault; ESP is not among them, and the instruction can be restarted",
  },
  { mnemonics: ["pusha", "enter", "callf"], aspect: "memory", reason: "pushes before the one that faults" },
];

/** The instruction that faulted, if it is one of the case's. */
export function faultingInstruction(c: Case, result: Result): Instruction | undefined {
  if (result.ending !== "fault") return undefined;
  let at = c.eip;
  for (const instruction of c.instructions) {
    if (at === result.eip) return instruction;
    at += instruction.bytes.length;
  }
  return undefined;
}

export function isUnspecified(instruction: Instruction | undefined, aspect: Aspect): boolean {
  return (
    instruction !== undefined && unspecified.some((entry) => entry.aspect === aspect && entry.mnemonics.includes(instruction.form.mnemonic))
  );
}
