import { pristine } from "./arena.js";
import { type Case, type Outcome, STUCK } from "./case.js";
import { ARENA, REAL_MODE, SHUTDOWN, save } from "./layout.js";

/** One thing that the two sides don't agree on. */
export interface Difference {
  /** "eax", "cr2", "vector"; "memory" with an address. */
  readonly field: string;
  readonly address?: number;
  readonly ours: number;
  readonly theirs: number;
}

export interface Mismatch {
  readonly case: Case;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  readonly differences: readonly Difference[];
}

const GPR = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];
const CONTROL = ["cr0", "cr2", "cr3", "cr4"];
const DEBUG = ["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"];
const POINTERS = ["gdtr low", "gdtr high", "idtr low", "idtr high"];
const SYSENTER = ["sysenter_cs", "sysenter_esp", "sysenter_eip"];
const FX_WORDS = 288 / 4;

/** The words of a result that are compared, by name and position. The GDTR and the IDTR are 48 bits each. */
const words: readonly { name: string; at: number }[] = [
  { name: "vector", at: save.vector >> 2 },
  { name: "vector16", at: save.vector16 >> 2 },
  ...GPR.map((name, i) => ({ name, at: (save.gpr >> 2) + i })),
  ...SEGMENTS.map((name, i) => ({ name, at: (save.segments >> 2) + i })),
  ...CONTROL.map((name, i) => ({ name, at: (save.control >> 2) + i })),
  ...DEBUG.map((name, i) => ({ name, at: (save.debug >> 2) + i })),
  ...POINTERS.map((name, i) => ({ name, at: (save.gdtr >> 2) + i })),
  { name: "eflags", at: save.eflags >> 2 },
  ...SYSENTER.map((name, i) => ({ name, at: (save.sysenter >> 2) + i })),
  ...Array.from({ length: FX_WORDS }, (_, i) => ({ name: fxName(i), at: (save.fx >> 2) + i })),
];

function fxName(i: number): string {
  const header = ["fcw fsw", "ftw fop", "fip", "fcs", "fdp", "fds", "mxcsr", "mxcsr_mask"];
  if (i < header.length) return header[i];
  return i < 40 ? `st${(i - 8) >> 2}[${i & 3}]` : `xmm${(i - 40) >> 2}[${i & 3}]`;
}

/** Constant of the processor model, not of the case. */
const IGNORED: ReadonlySet<string> = new Set(["mxcsr_mask"]);

/** Everything on which two outcomes differ. Of a case that doesn't end, only that. */
export function differences(ours: Outcome, theirs: Outcome): Difference[] {
  const endless = (outcome: Outcome) => outcome.vector === STUCK || outcome.vector === NMI;
  if (endless(ours) && endless(theirs)) return [];
  const found: Difference[] = [];
  for (const { name, at } of words) {
    if (ours.saved[at] !== theirs.saved[at] && !IGNORED.has(name))
      found.push({ field: name, ours: ours.saved[at], theirs: theirs.saved[at] });
  }
  if (ours.vector === STUCK || theirs.vector === STUCK) found.unshift({ field: "vector", ours: ours.vector, theirs: theirs.vector });
  for (const address of new Set([...ours.memory.keys(), ...theirs.memory.keys()])) {
    const [a, b] = [ours.memory.get(address), theirs.memory.get(address)];
    if (a !== b) found.push({ field: "memory", address, ours: a ?? unchanged(address), theirs: b ?? unchanged(address) });
  }
  return found;
}
/** The watchdog's. */
const NMI = 2;

const before = new DataView(pristine().buffer);
const unchanged = (address: number): number => before.getUint32(address - ARENA, true);
/** A dword of the arena as the case has left it. */
export const dwordAt = (outcome: Outcome, address: number): number => outcome.memory.get(address) ?? unchanged(address);

export const vectorIs = { DB: 1, BP: 3, UD: 6, NM: 7, DF: 8, TS: 10, NP: 11, SS: 12, GP: 13, PF: 14, MF: 16 } as const;
const VECTORS = "#DE #DB NMI #BP #OF #BR #UD #NM #DF 9 #TS #NP #SS #GP #PF 15 #MF #AC #MC #XM".split(" ");

export function vectorName(vector: number): string {
  if (vector === SHUTDOWN) return "shutdown";
  if (vector === STUCK) return "no end";
  if (vector === REAL_MODE) return "real mode";
  return VECTORS[vector] ?? `int ${vector.toString(16)}`;
}
