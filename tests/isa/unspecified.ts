/**
 * What the manuals leave open besides EFLAGS bits, and processors do differently: what an instruction that faults half-way has done by
 * then (ours do nothing; the host may have begun), and fields of x87 images.
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
  { mnemonics: ["fnstenv", "fnsave", "fldenv", "frstor"], aspect: "fault", reason: "the order in which the image's words are accessed" },
  {
    mnemonics: ["fbld", "fbstp"],
    aspect: "fault",
    reason: "two accesses, of which the second may begin at 0 instead of breaking the limit",
  },
  {
    mnemonics: ["maskmovq", "maskmovdqu"],
    aspect: "fault",
    reason: "whether bytes that the mask leaves out, beyond the segment's limit, count",
  },
  { mnemonics: ["fnstenv", "fnsave"], aspect: "memory", reason: "words stored before the one that faults" },
  {
    mnemonics: ["popa"],
    aspect: "registers",
    reason: "registers popped before the fault; ESP is not among them, and the instruction can be restarted",
  },
  {
    mnemonics: ["fxsave", "fxrstor"],
    aspect: "fault",
    reason: "which end of the image is looked at first, and whether its alignment before",
  },
  {
    mnemonics: ["fbld", "fbstp"],
    aspect: "fault",
    reason: "two accesses, of which the second may begin at 0 instead of breaking the limit",
  },
  { mnemonics: ["maskmovq"], aspect: "fx", reason: "the transition to MMX state: before its store is found to fault, or not at all" },
  { mnemonics: ["pusha", "enter", "callf"], aspect: "memory", reason: "pushes before the one that faults" },
];

interface UnspecifiedField {
  readonly mnemonics: readonly string[];
  /** Of the form with that operand size only. */
  readonly size?: number;
  /** Bytes of the memory operand: from, and up to but without. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Except after an unmasked exception, where directed cases look. */
const POINTERS =
  "FOP and FDP: of the last instruction, or of exceptions only (SDM vol. 1, 8.1.8, 8.1.9.1); FCS and FDS: 0 on newer processors";

/** Bytes of images in memory that aren't compared. */
export const unspecifiedFields: readonly UnspecifiedField[] = [
  {
    mnemonics: ["fxsave"],
    from: 6,
    to: 24,
    reason: "FOP FIP FCS FDP FDS: AMD's save them only with an exception pending; FCS and FDS are gone on newer ones of both",
  },
  { mnemonics: ["fxsave"], from: 28, to: 32, reason: "MXCSR_MASK: which MXCSR bits the processor has" },
  { mnemonics: ["fnstenv", "fnsave"], size: 4, from: 16, to: 28, reason: POINTERS },
  { mnemonics: ["fnstenv", "fnsave"], size: 2, from: 8, to: 14, reason: POINTERS },
];

/** Linear address ranges [from, to) that hold nothing to compare after these instructions. */
export function unspecifiedRanges(c: Case): readonly (readonly [from: number, to: number])[] {
  let ranges: [number, number][] | undefined;
  for (const { form, size, address } of c.instructions) {
    if (address === undefined || !imageMnemonics.has(form.mnemonic)) continue;
    for (const field of unspecifiedFields) {
      if (!field.mnemonics.includes(form.mnemonic) || (field.size ?? size) !== size) continue;
      ranges ??= [];
      ranges.push([address + field.from, address + field.to]);
    }
  }
  return ranges ?? [];
}

/** Those that store them. */
export const imageMnemonics: ReadonlySet<string> = new Set(unspecifiedFields.flatMap(({ mnemonics }) => mnemonics));

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
