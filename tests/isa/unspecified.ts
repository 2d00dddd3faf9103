/**
 * What the manuals leave open besides EFLAGS bits, and processors do differently: which of several faults is reported, what an instruction
 * that faults half-way has done by then (ours do nothing; the host may have begun), and bytes that are stored or not.
 */
import type { Case, Instruction, Result } from "./case.js";
import type { Form } from "./forms/form.js";
import { fxAt } from "./generate/fx.js";
import { STATUS } from "./undefined-flags.js";

/** "fault": which fault is reported, when several of the instruction's accesses fault. "mmx": whether the x87 state is MMX state already. */
export type Aspect = "registers" | "memory" | "flags" | "mmx" | "fault";

interface Unspecified {
  readonly mnemonics: readonly string[];
  /** Only such forms of theirs. */
  readonly of?: (form: Form) => boolean;
  readonly aspect: Aspect;
  /** Only where the two faults are different ones of these. */
  readonly vectors?: readonly number[];
  readonly reason: string;
}

const LOCK = 0xf0;
const BOUND_RANGE = 5;
const INVALID_OPCODE = 6;
const STACK_FAULT = 12;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const ALIGNMENT_CHECK = 17;
const memoryFaults = new Set([STACK_FAULT, GENERAL_PROTECTION, PAGE_FAULT, ALIGNMENT_CHECK]);

export const unspecified: readonly Unspecified[] = [
  { mnemonics: ["cmps"], aspect: "fault", reason: "the order of the two reads: when both fault, either may be reported" },
  {
    mnemonics: ["cmps", "scas"],
    aspect: "flags",
    reason: "repeated: those of before the instruction (SDM vol. 2, REP), which ours do; AMD's keep those of the last iteration",
  },
  {
    mnemonics: ["bound"],
    aspect: "fault",
    vectors: [BOUND_RANGE, ...memoryFaults],
    reason: "#BR by the lower bound alone, before the upper one is read; one class of priority (SDM vol. 3, 6.9)",
  },
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
  { mnemonics: ["fstp", "fbstp"], of: ({ rm }) => rm?.width === "t", aspect: "memory", reason: "two stores, of which the second faults" },
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
    mnemonics: ["maskmovq", "movq", "movntq", "movd"],
    of: ({ mnemonic, operands }) => mnemonic === "maskmovq" || operands[1]?.kind === "P",
    aspect: "mmx",
    reason: "a store that faults: Intel's have made the transition to MMX state by then, AMD's and ours haven't",
  },
  { mnemonics: ["pusha", "enter", "callf"], aspect: "memory", reason: "pushes before the one that faults" },
];

const ESP = 4;
/** Operands are shorter than this. */
const LONGEST_OPERAND = 0x200;

/** Whether an access there can run over 4 GiB, the stack's too; an operand whose address isn't known is one of the stack or of strings. */
function isAtTop(instruction: Instruction | undefined, { gpr }: Result): boolean {
  const isNear = (address: number) => (address + LONGEST_OPERAND) >>> 0 < 2 * LONGEST_OPERAND;
  return isNear(gpr[ESP]) || (instruction?.address === undefined ? gpr.some(isNear) : isNear(instruction.address));
}

function isLimit({ vector, errorCode }: Result): boolean {
  return (vector === GENERAL_PROTECTION || vector === STACK_FAULT) && errorCode === 0;
}

/**
 * An access that runs over the end of a flat segment, at 4 GiB, may be #GP (or #SS), as ours are, or go on at 0 (SDM vol. 3, 5.3: "may or
 * may not cause the indicated exceptions. Behavior is implementation-specific"). The page at 0 isn't there. With AC such an access isn't aligned,
 * which is found before the page fault, and here after the limit.
 */
export function ranOver4GiB(faulting: Instruction | undefined, expected: Result, actual: Result): boolean {
  // Or the other way round, by AMD's of family 19h model 11h.
  if (actual.vector === ALIGNMENT_CHECK && isLimit(expected)) return isAtTop(faulting, expected);
  if (!isLimit(actual)) return false;
  return (expected.vector === PAGE_FAULT && expected.cr2 === 0) || (expected.vector === ALIGNMENT_CHECK && isAtTop(faulting, expected));
}

const x87Stores = new Set(["fst", "fstp", "fist", "fistp", "fbstp"]);
/** After these nothing is pending any more. */
const clearing = new Set(["fnclex", "fninit", "fnsave", "fnstenv", "fldenv", "frstor", "fldcw", "fxrstor"]);
/** FSW.ES: an unmasked exception is pending. */
const ERROR_SUMMARY = 0x80;

/**
 * An x87 store to memory that can't be written, of a value that raises an unmasked exception: nothing is stored then, so Intel's don't
 * look at the memory; AMD's and ours do, and fault. One class of priority (SDM vol. 3, 6.9).
 */
export function exceptionBeforeStore(c: Case, expected: Result, actual: Result): boolean {
  if (actual.ending !== "fault" || expected.eip === actual.eip || !memoryFaults.has(actual.vector)) return false;
  const store = faultingInstruction(c, actual);
  if (store === undefined || !x87Stores.has(store.form.mnemonic)) return false;
  const later = c.instructions.slice(c.instructions.indexOf(store) + 1);
  return (expected.fx[fxAt.fsw] & ERROR_SUMMARY) !== 0 || later.some(({ form }) => clearing.has(form.mnemonic));
}

/**
 * A 32-bit PUSH or POP of a segment register accesses two bytes or four (SDM vol. 3, 22.31.1). AMD's of family 19h model 11h check the alignment of four;
 * others, and ours, of two. The case ends there, or goes on.
 */
export function alignmentOfSelector(c: Case, expected: Result): boolean {
  const faulting = faultingInstruction(c, expected);
  if (faulting === undefined || expected.vector !== ALIGNMENT_CHECK) return false;
  const { form, size } = faulting;
  return form.traits.has("selector") && size === 4 && (expected.gpr[ESP] & 3) === 2;
}

/** LOCK VERW is #UD (SDM vol. 2, VERW), but AMD's of family 19h model 11h run it: their microcode has made something else of VERW. */
export function lockedVerw(c: Case, actual: Result): boolean {
  const faulting = faultingInstruction(c, actual);
  return faulting?.form.mnemonic === "verw" && actual.vector === INVALID_OPCODE && faulting.bytes.includes(LOCK);
}

interface UnspecifiedField {
  readonly of: (form: Form, size: number) => boolean;
  /** Bytes of the memory operand: from, and up to but without. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Except after an unmasked exception, where directed cases look. */
const POINTERS =
  "FOP and FDP: of the last instruction, or of exceptions only (SDM vol. 1, 8.1.8, 8.1.9.1); FCS and FDS: 0 on newer processors";

const isEnvironment = ({ mnemonic }: Form) => mnemonic === "fnstenv" || mnemonic === "fnsave";

/** Bytes in memory that aren't compared. */
export const unspecifiedFields: readonly UnspecifiedField[] = [
  {
    of: ({ mnemonic }) => mnemonic === "fxsave",
    from: 6,
    to: 24,
    reason: "FOP FIP FCS FDP FDS: AMD's save them only with an exception pending; FCS and FDS are gone on newer ones of both",
  },
  { of: ({ mnemonic }) => mnemonic === "fxsave", from: 28, to: 32, reason: "MXCSR_MASK: which MXCSR bits the processor has" },
  { of: (form, size) => isEnvironment(form) && size === 4, from: 16, to: 28, reason: POINTERS },
  { of: (form, size) => isEnvironment(form) && size === 2, from: 8, to: 14, reason: POINTERS },
  {
    of: ({ mnemonic, traits }, size) => mnemonic === "push" && traits.has("selector") && size === 4,
    from: 2,
    to: 4,
    reason: "the upper half of a pushed selector: zero, or not written (SDM vol. 2, PUSH; vol. 3, 22.31.1)",
  },
];

/** By operand size and form: asked for each instruction of millions of cases. */
const known: Map<Form, boolean>[] = [];

/** Whether the instruction leaves memory that isn't compared, and which therefore must not be read. */
export function hasUnspecifiedFields(form: Form, size: number): boolean {
  known[size] ??= new Map();
  let has = known[size].get(form);
  if (has === undefined) {
    has = unspecifiedFields.some(({ of }) => of(form, size));
    known[size].set(form, has);
  }
  return has;
}

/** Linear address ranges [from, to) that hold nothing to compare after these instructions. */
export function unspecifiedRanges(c: Case): readonly (readonly [from: number, to: number])[] {
  const ranges: [number, number][] = [];
  for (const { form, size, address } of c.instructions) {
    if (address === undefined) continue;
    for (const { of, from, to } of unspecifiedFields) if (of(form, size)) ranges.push([address + from, address + to]);
  }
  return ranges;
}

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
  return entriesFor(instruction, aspect).length > 0;
}

/** Whether the results may tell of different faults. */
export function mayFaultOtherwise(instruction: Instruction | undefined, expected: Result, actual: Result): boolean {
  return entriesFor(instruction, "fault").some(
    ({ vectors }) =>
      vectors === undefined || (expected.vector !== actual.vector && vectors.includes(expected.vector) && vectors.includes(actual.vector)),
  );
}

function entriesFor(instruction: Instruction | undefined, aspect: Aspect): readonly Unspecified[] {
  if (instruction === undefined) return [];
  const { form } = instruction;
  return unspecified.filter((entry) => entry.aspect === aspect && entry.mnemonics.includes(form.mnemonic) && (entry.of?.(form) ?? true));
}

/** EFLAGS bits that are open where `instruction` has faulted. */
export function unspecifiedFlags(instruction: Instruction | undefined): number {
  return instruction !== undefined && isRepeated(instruction) && isUnspecified(instruction, "flags") ? STATUS : 0;
}

/** REP and REPNE come before the opcode, which is one byte where they mean something. */
function isRepeated({ bytes }: Instruction): boolean {
  return bytes.slice(0, -1).some((byte) => byte === 0xf2 || byte === 0xf3);
}
