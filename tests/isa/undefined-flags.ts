/**
 * EFLAGS bits that the manuals leave undefined, and which the comparison therefore masks; nothing else is masked in EFLAGS, but RF in
 * fault frames. Also which flags an instruction reads and defines, because in a sequence an undefined bit must not be read, and is no
 * longer undefined once something has defined it. Source: Intel SDM vol. 2, "Flags Affected" of each instruction, and appendix A of vol. 1.
 */
const CF = 0x001;
const PF = 0x004;
const AF = 0x010;
const ZF = 0x040;
const SF = 0x080;
const DF = 0x400;
const OF = 0x800;
export const STATUS = CF | PF | AF | ZF | SF | OF;

/** RF is set in the frames of faults and not in those of traps; hosts differ for some. */
export const RF = 0x10000;

interface UndefinedFlags {
  readonly mnemonics: readonly string[];
  readonly flags: number;
  /** For shifts: when, given the count masked to five bits and the operand's width in bits. */
  readonly when?: (count: number, bits: number) => boolean;
  readonly reason: string;
}

const singleShifts = ["shl", "sal", "shr", "sar"];
const doubleShifts = ["shld", "shrd"];
const rotates = ["rol", "ror", "rcl", "rcr"];

export const undefinedFlags: readonly UndefinedFlags[] = [
  { mnemonics: ["and", "or", "xor", "test"], flags: AF, reason: "logic: AF undefined" },
  {
    mnemonics: [...singleShifts, ...doubleShifts],
    flags: AF,
    when: (count) => count !== 0,
    reason: "shifts: AF undefined unless the count is 0",
  },
  {
    mnemonics: [...singleShifts, ...doubleShifts, ...rotates],
    flags: OF,
    when: (count) => count > 1,
    reason: "shifts and rotates: OF defined for a count of 1 only",
  },
  {
    mnemonics: ["shl", "sal", "shr"],
    flags: CF,
    when: (count, bits) => count >= bits,
    reason: "SHL, SHR: CF undefined when the count is the width or more",
  },
  { mnemonics: ["mul", "imul"], flags: SF | ZF | AF | PF, reason: "multiplication defines CF and OF only" },
  { mnemonics: ["div", "idiv"], flags: STATUS, reason: "division: all undefined" },
  { mnemonics: ["bt", "bts", "btr", "btc"], flags: OF | SF | AF | PF, reason: "bit tests define CF, and leave ZF alone" },
  { mnemonics: ["bsf", "bsr"], flags: CF | OF | SF | AF | PF, reason: "bit scans define ZF only" },
  { mnemonics: ["daa", "das"], flags: OF, reason: "DAA, DAS: OF undefined" },
  { mnemonics: ["aaa", "aas"], flags: OF | SF | ZF | PF, reason: "AAA, AAS define AF and CF only" },
  { mnemonics: ["aam", "aad"], flags: OF | AF | CF, reason: "AAM, AAD define SF, ZF and PF only" },
];

/** Bits undefined after `mnemonic`. For shifts, `count` is the count before masking, or undefined if unknown: then whatever may be undefined. */
export function undefinedAfter(mnemonic: string, count: number | undefined, size: number): number {
  let flags = 0;
  for (const entry of undefinedFlags) {
    if (!entry.mnemonics.includes(mnemonic)) continue;
    if (entry.when === undefined || count === undefined || entry.when(count & 31, 8 * size)) flags |= entry.flags;
  }
  return flags;
}

export interface FlagRules {
  readonly reads: number;
  readonly defines: number;
  /** Whether it is a shift, whose flags depend on the count. */
  readonly counts: boolean;
}

const conditionFlags: Readonly<Record<string, number>> = {
  o: OF,
  no: OF,
  b: CF,
  ae: CF,
  e: ZF,
  ne: ZF,
  be: CF | ZF,
  a: CF | ZF,
  s: SF,
  ns: SF,
  p: PF,
  np: PF,
  l: SF | OF,
  ge: SF | OF,
  le: SF | OF | ZF,
  g: SF | OF | ZF,
};

const rules = new Map<string, FlagRules>();
function rule(mnemonics: readonly string[], reads: number, defines: number, counts = false): void {
  for (const mnemonic of mnemonics) rules.set(mnemonic, { reads, defines, counts });
}
rule(["add", "sub", "cmp", "neg", "cmpxchg", "xadd", "cmps", "scas"], 0, STATUS);
rule(["adc", "sbb"], CF, STATUS);
rule(["and", "or", "xor", "test"], 0, STATUS & ~AF);
rule(["inc", "dec"], 0, STATUS & ~CF);
rule([...singleShifts, ...doubleShifts, "rol", "ror"], 0, 0, true);
rule(["rcl", "rcr"], CF, 0, true);
rule(["mul", "imul"], 0, CF | OF);
rule(["bt", "bts", "btr", "btc", "clc", "stc"], 0, CF);
rule(["bsf", "bsr", "cmpxchg8b", "arpl", "lar", "lsl", "verr", "verw"], 0, ZF);
rule(["daa", "das"], AF | CF, STATUS & ~OF);
rule(["aaa", "aas"], AF, AF | CF);
rule(["aam", "aad"], 0, SF | ZF | PF);
rule(["cmc"], CF, CF);
rule(["sahf"], 0, STATUS & ~OF);
rule(["lahf"], STATUS & ~OF, 0);
rule(["pushf"], STATUS, 0);
rule(["popf"], 0, STATUS);
rule(["into"], OF, 0);
rule(["salc"], CF, 0);
rule(["cld", "std"], 0, DF);
rule(["loope", "loopne"], ZF, 0);
rule(["fcmov"], CF | ZF | PF, 0);
rule(["fcomi", "fcomip", "fucomi", "fucomip", "comiss", "comisd", "ucomiss", "ucomisd"], 0, STATUS);
for (const [name, flags] of Object.entries(conditionFlags)) rule([`set${name}`, `cmov${name}`, `j${name}`], flags, 0);

const NONE: FlagRules = { reads: 0, defines: 0, counts: false };

export function flagRules(mnemonic: string): FlagRules {
  return rules.get(mnemonic) ?? NONE;
}
