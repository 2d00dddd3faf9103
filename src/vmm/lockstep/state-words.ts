import * as at from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";
import { readArithmeticFlags } from "../isa/flags.js";

/** A part of the processor's state that two machines differ in. */
export interface StateDifference {
  readonly name: string;
  readonly reference: number;
  readonly subject: number;
}

interface Word {
  readonly name: string;
  readonly read: (state: CpuState) => number;
}

const GENERAL = ["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"];
const SEGMENTS = ["ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"];

function word(name: string, address: number): Word {
  return { name, read: (state) => state.get(address) };
}
/** `count` words from an address on. */
function row(name: string, address: number, count: number): Word[] {
  return Array.from({ length: count }, (_, i) => word(`${name}[${i}]`, address + 4 * i));
}

/**
 * All of the state that a guest could see, and what decides how it goes on. Not how an engine keeps it (flag words, the present page, TLBs), nor what
 * is only valid within an instruction.
 */
const WORDS: readonly Word[] = [
  ...GENERAL.map((name, n) => word(name, at.GPR + 8 * n)),
  word("EIP", at.EIP),
  { name: "EFLAGS", read: (state) => (state.get(at.EFLAGS) | readArithmeticFlags(state)) >>> 0 },
  word("CPL", at.CPL),
  word("stack mask", at.STACK_MASK),
  word("events", at.EVENTS),
  word("INTR", at.INTERRUPT_LINE),
  ...SEGMENTS.flatMap((name, n) =>
    Object.entries(at.Seg).map(([field, offset]) => word(`${name}.${field}`, at.SEGMENT + n * at.SEGMENT_SIZE + offset)),
  ),
  word("GDTR.base", at.GDTR_BASE),
  word("GDTR.limit", at.GDTR_LIMIT),
  word("IDTR.base", at.IDTR_BASE),
  word("IDTR.limit", at.IDTR_LIMIT),
  word("CR0", at.CR0),
  word("CR2", at.CR2),
  word("CR3", at.CR3),
  word("CR4", at.CR4),
  ...Array.from({ length: 8 }, (_, n) => word(`DR${n}`, at.DR + 8 * n)),
  word("SYSENTER_CS", at.SYSENTER_CS),
  word("SYSENTER_ESP", at.SYSENTER_ESP),
  word("SYSENTER_EIP", at.SYSENTER_EIP),
  word("NMI blocked", at.NMI_BLOCKED),
  word("NMI pending", at.NMI_PENDING),
  word("debug trap pending", at.DEBUG_PENDING),
  word("EFER", at.EFER),
  ...row("PDPTE", at.PDPTE, 8),
  ...Array.from({ length: 8 }, (_, n) => row(`XMM${n}`, at.XMM + 16 * n, 4)).flat(),
  word("MXCSR", at.MXCSR),
  ...Array.from({ length: 8 }, (_, n) => row(`R${n}`, at.X87 + 16 * n, 3)).flat(),
  word("x87 control", at.X87_CONTROL),
  word("x87 status", at.X87_STATUS),
  word("x87 TOP", at.X87_TOP),
  word("x87 tags", at.X87_TAGS),
  word("FOP", at.X87_OPCODE),
  word("FIP", at.X87_IP),
  word("FCS", at.X87_CS),
  word("FDP", at.X87_DP),
  word("FDS", at.X87_DS),
];

/** What two processors differ in; none: they will go on alike, as far as memory and devices are alike. */
export function stateDifferences(reference: CpuState, subject: CpuState): StateDifference[] {
  const differences: StateDifference[] = [];
  for (const { name, read } of WORDS) {
    const [one, other] = [read(reference), read(subject)];
    if (one !== other) differences.push({ name, reference: one, subject: other });
  }
  return differences;
}

/** Values of these parts, by name. */
export function stateValues(state: CpuState): Map<string, number> {
  return new Map(WORDS.map(({ name, read }) => [name, read(state)]));
}
