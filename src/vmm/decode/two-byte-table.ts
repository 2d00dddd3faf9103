/**
 * Two-byte opcodes, 0F xx (Intel SDM vol. 2, table A-3), but for those that a mandatory prefix selects, which are in sse-table.ts.
 * Where this table has an entry, prefixes 66, F2 and F3 do not select another instruction.
 */
const conditions = ["o", "no", "b", "nb", "z", "nz", "be", "nbe", "s", "ns", "p", "np", "l", "nl", "le", "nle"];
const range = (first: number, entries: readonly string[]): Record<number, string> =>
  Object.fromEntries(entries.map((entry, i) => [first + i, entry]));

export const TWO_BYTE: Readonly<Record<number, string>> = {
  ...range(0x00, ["@6", "@7", "lar G,E v", "lsl G,E v", "", "", "clts - -", "", "invd - -", "wbinvd - -"]),
  13: "nop E v",
  // Hint NOPs, among them the ENDBR encodings; 18 is PREFETCHh.
  ...range(0x18, Array<string>(8).fill("nop E v")),
  ...range(0x20, ["movFromControl Rx,C -", "movFromDebug Rx,D -", "movToControl C,Rx -", "movToDebug D,Rx -"]),
  ...range(0x30, ["wrmsr - -", "rdtsc - -", "rdmsr - -", "rdpmc - -", "sysenter - -", "sysexit - -"]),
  ...range(
    0x40,
    conditions.map((cc) => `cmov${cc} G,E v`),
  ),
  ...range(
    0x80,
    conditions.map((cc) => `j${cc} J v`),
  ),
  ...range(
    0x90,
    conditions.map((cc) => `set${cc} E b`),
  ),
  ...range(0xa0, ["pushFs - v", "popFs - v", "cpuid - -", "bt E,G v", "shld E,G,Iu v", "shld E,G v"]),
  ...range(0xa8, ["pushGs - v", "popGs - v", "", "bts E,G v L", "shrd E,G,Iu v", "shrd E,G v"]),
  175: "imul2 G,E v",
  ...range(0xb0, [
    "cmpxchg E,G b L",
    "cmpxchg E,G v L",
    "lss G,M v",
    "btr E,G v L",
    "lfs G,M v",
    "lgs G,M v",
    "movzxByte G,Eb v",
    "movzxWord G,Ew v",
  ]),
  ...range(0xba, ["@8", "btc E,G v L", "bsf G,E v", "bsr G,E v", "movsxByte G,Eb v", "movsxWord G,Ew v", "xadd E,G b L", "xadd E,G v L"]),
  199: "@9",
  ...range(0xc8, Array<string>(8).fill("bswap Z v")),
};

export const TWO_BYTE_GROUPS: Readonly<Record<string, readonly string[]>> = {
  "6": ["sldt E v", "str E v", "lldt E w", "ltr E w", "verr E w", "verw E w", "", ""],
  "7": ["sgdt M -", "sidt M -", "lgdt M v", "lidt M v", "smsw E v", "", "lmsw E w", "invlpg M -"],
  "8": ["", "", "", "", "bt E,Iu v", "bts E,Iu v L", "btr E,Iu v L", "btc E,Iu v L"],
  "9": ["", "cmpxchg8b M - L", "", "", "", "", "", ""],
};
