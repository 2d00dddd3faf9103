/** Where an instruction exists and who may execute it, by the name that the decoder's tables give it. What is not here is for everyone, in all modes. */
interface Rule {
  readonly names: string;
  readonly rule: string;
}

const rules: readonly Rule[] = [
  { names: "sldt str lar lsl verr verw", rule: "protected; sensitive" },
  { names: "arpl", rule: "protected" },
  { names: "lldt ltr", rule: "protected, CPL 0" },
  { names: "lgdt lidt lmsw clts invd wbinvd rdmsr wrmsr hlt", rule: "CPL 0" },
  { names: "invlpg movToControl movFromControl movToDebug movFromDebug", rule: "CPL 0" },
  { names: "sysenter", rule: "protected, V86" },
  { names: "sysexit", rule: "protected, CPL 0" },
  { names: "rdtsc", rule: "CPL 0 with CR4.TSD" },
  { names: "rdpmc", rule: "CPL 0, or CR4.PCE" },
  { names: "cli sti", rule: "IOPL; VIF with VME or PVI" },
  { names: "pushf popf iret", rule: "sensitive; V86: IOPL or VME" },
  { names: "int", rule: "gate's DPL; V86: IOPL or VME" },
  { names: "inImmediate inDx outImmediate outDx ins outs", rule: "IOPL or I/O map; V86: I/O map" },
  { names: "int3 into", rule: "gate's DPL" },
  { names: "sgdt sidt smsw", rule: "sensitive" },
  { names: "movFromSegment movToSegment pushCs pushDs pushEs pushSs pushFs pushGs", rule: "sensitive" },
  { names: "popDs popEs popSs popFs popGs lds les lss lfs lgs", rule: "sensitive" },
  { names: "callFar callFarMemory jmpFar jmpFarMemory retFar retFarPop", rule: "sensitive" },
];

const byName = new Map(rules.flatMap(({ names, rule }) => names.split(" ").map((name) => [name, rule] as const)));

/** "" where there is nothing to say. */
export function modesOf(name: string): string {
  return byName.get(name) ?? "";
}

/** Names that the rules are for: each must be in the tables. */
export const ruledNames: readonly string[] = [...byName.keys()];

/** The host runs cases at CPL 3 with IOPL 0: of these it shows the fault alone, and a test of their own must show the rest. */
export function isPrivileged(name: string): boolean {
  return /CPL 0|^IOPL/.test(modesOf(name));
}
