/** One-byte opcodes (Intel SDM vol. 2, table A-2), eight a row. Syntax: entry.ts. Prefixes and 0F never get here; D8-DF are in x87-table.ts. */

const arithmetic = (name: string, last: readonly [string, string]): string[] => {
  const lock = name === "cmp" ? "" : " L";
  return [`${name} E,G b${lock}`, `${name} E,G v${lock}`, `${name} G,E b`, `${name} G,E v`, `${name} A,I b`, `${name} A,I v`, ...last];
};
const eight = (entry: string): string[] => Array<string>(8).fill(entry);
const conditions = ["o", "no", "b", "nb", "z", "nz", "be", "nbe", "s", "ns", "p", "np", "l", "nl", "le", "nle"];

// biome-ignore format: a table, eight opcodes a row as in the manual
export const ONE_BYTE: readonly string[] = [
  ...arithmetic("add", ["pushEs - v", "popEs - v"]), ...arithmetic("or", ["pushCs - v", ""]),
  ...arithmetic("adc", ["pushSs - v", "popSs - v"]), ...arithmetic("sbb", ["pushDs - v", "popDs - v"]),
  ...arithmetic("and", ["", "daa - -"]), ...arithmetic("sub", ["", "das - -"]),
  ...arithmetic("xor", ["", "aaa - -"]), ...arithmetic("cmp", ["", "aas - -"]),
  /* 40 */ ...eight("inc Z v"), ...eight("dec Z v"), ...eight("push Z v"), ...eight("pop Z v"),
  /* 60 */ "pusha - v", "popa - v", "bound G,M v", "arpl E,G w", "", "", "", "",
  /* 68 */ "push I v", "imul3 G,E,I v", "push Ib v", "imul3 G,E,Ib v", "ins - b", "ins - v", "outs - b", "outs - v",
  /* 70 */ ...conditions.map((cc) => `j${cc} Jb v`),
  /* 80 */ "@1b", "@1v", "@1b", "@1i", "test E,G b", "test E,G v", "xchg E,G b L", "xchg E,G v L",
  /* 88 */ "mov E,G b", "mov E,G v", "mov G,E b", "mov G,E v", "movFromSegment E,S v", "lea G,M v", "movToSegment S,E w", "@1a",
  /* 90 */ "nop - -", ...Array<string>(7).fill("xchgAccumulator Z v"),
  /* 98 */ "cbw - v", "cwd - v", "callFar X v", "wait - -", "pushf - v", "popf - v", "sahf - -", "lahf - -",
  /* a0 */ "loadAccumulator O b", "loadAccumulator O v", "storeAccumulator O b", "storeAccumulator O v", "movs - b R", "movs - v R", "cmps - b C", "cmps - v C",
  /* a8 */ "test A,I b", "test A,I v", "stos - b R", "stos - v R", "lods - b R", "lods - v R", "scas - b C", "scas - v C",
  /* b0 */ ...eight("mov Z,I b"), ...eight("mov Z,I v"),
  /* c0 */ "@2b", "@2v", "ret Iw v", "ret - v", "les G,M v", "lds G,M v", "@11b", "@11v",
  /* c8 */ "enter L v", "leave - v", "retFarPop Iw v", "retFar - v", "int3 - -", "int Iu -", "into - -", "iret - v",
  /* d0 */ "@2b1", "@2v1", "@2bc", "@2vc", "aam Iu -", "aad Iu -", "salc - -", "xlat - -",
  /* d8 */ ...eight(""),
  /* e0 */ "loopne Jb v", "loope Jb v", "loop Jb v", "jcxz Jb v", "inImmediate Iu b", "inImmediate Iu v", "outImmediate Iu b", "outImmediate Iu v",
  /* e8 */ "call J v", "jmp J v", "jmpFar X v", "jmp Jb v", "inDx - b", "inDx - v", "outDx - b", "outDx - v",
  /* f0 */ "", "int1 - -", "", "", "hlt - -", "cmc - -", "@3b", "@3v",
  /* f8 */ "clc - -", "stc - -", "cli - -", "sti - -", "cld - -", "std - -", "@4", "@5",
];

const group1 = (operands: string, size: string) =>
  ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"].map((name) => `${name} ${operands} ${size}${name === "cmp" ? "" : " L"}`);
/** /6 of the shifts is an undocumented SHL. */
const group2 = (operands: string, size: string) =>
  ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"].map((name) => `${name} ${operands} ${size}`);
/** /1 of group 3 is an undocumented TEST. */
const group3 = (size: string) => [
  `test E,I ${size}`,
  `test E,I ${size}`,
  `not E ${size} L`,
  `neg E ${size} L`,
  `mul E ${size}`,
  `imul E ${size}`,
  `div E ${size}`,
  `idiv E ${size}`,
];

/** Opcode extensions by ModRM.reg (table A-6). */
export const ONE_BYTE_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "1b": group1("E,I", "b"),
  "1v": group1("E,I", "v"),
  "1i": group1("E,Ib", "v"),
  "1a": ["popMemory E v", "", "", "", "", "", "", ""],
  "2b": group2("E,Iu", "b"),
  "2v": group2("E,Iu", "v"),
  "2b1": group2("E,1", "b"),
  "2v1": group2("E,1", "v"),
  "2bc": group2("E", "b"),
  "2vc": group2("E", "v"),
  "3b": group3("b"),
  "3v": group3("v"),
  "4": ["inc E b L", "dec E b L", "", "", "", "", "", ""],
  "5": ["inc E v L", "dec E v L", "callIndirect E v", "callFarMemory M v", "jmpIndirect E v", "jmpFarMemory M v", "push E v", ""],
  "11b": ["mov E,I b", "", "", "", "", "", "", ""],
  "11v": ["mov E,I v", "", "", "", "", "", "", ""],
};
