/**
 * EFLAGS bits that the manuals leave undefined, what ours are, and which the comparison therefore masks; nothing else is masked in EFLAGS,
 * but RF in fault frames. Also which flags an instruction reads and defines, because in a sequence an undefined bit must not be read, and is no
 * longer undefined once something has defined it. Source: Intel SDM vol. 2, "Flags Affected" of each instruction, and appendix A of vol. 1.
 */
export const CF = 0x001;
export const PF = 0x004;
export const AF = 0x010;
export const ZF = 0x040;
export const SF = 0x080;
const DF = 0x400;
export const OF = 0x800;
export const STATUS = CF | PF | AF | ZF | SF | OF;

/** RF is set in the frames of faults and not in those of traps; hosts differ for some. */
export const RF = 0x10000;

/**
 * What our engines do with an undefined bit: it stays; it is 0; it is what a defined one would be, of the result or of the source (SF ZF
 * PF); or "steps": as if the shift or rotate were done one bit at a time, each step by the formula that the manual gives for a count of 1.
 */
export type OurRule = "unchanged" | "cleared" | "result" | "source" | "steps";

interface UndefinedFlags {
  readonly mnemonics: readonly string[];
  readonly flags: number;
  readonly ours: OurRule;
  /** For shifts: when, given the count masked to five bits and the operand's width in bits. */
  readonly when?: (count: number, bits: number) => boolean;
}

const singleShifts = ["shl", "sal", "shr", "sar"];
const doubleShifts = ["shld", "shrd"];
const rotates = ["rol", "ror", "rcl", "rcr"];

/** The one table: the host comparison masks these bits, and undefined-flags.test.ts holds engines to `ours`. */
export const undefinedFlags: readonly UndefinedFlags[] = [
  { mnemonics: ["and", "or", "xor", "test"], flags: AF, ours: "cleared" },
  { mnemonics: [...singleShifts, ...doubleShifts], flags: AF, ours: "cleared", when: (count) => count !== 0 },
  { mnemonics: [...singleShifts, ...doubleShifts, ...rotates], flags: OF, ours: "steps", when: (count) => count > 1 },
  { mnemonics: ["shl", "sal", "shr"], flags: CF, ours: "steps", when: (count, bits) => count >= bits },
  { mnemonics: ["mul", "imul"], flags: SF | ZF | AF | PF, ours: "unchanged" },
  { mnemonics: ["div", "idiv"], flags: STATUS, ours: "unchanged" },
  { mnemonics: ["bt", "bts", "btr", "btc"], flags: OF | SF | AF | PF, ours: "unchanged" },
  { mnemonics: ["bsf", "bsr"], flags: CF | OF | AF, ours: "cleared" },
  { mnemonics: ["bsf", "bsr"], flags: SF | PF, ours: "source" },
  { mnemonics: ["daa", "das"], flags: OF, ours: "cleared" },
  { mnemonics: ["aaa", "aas"], flags: OF, ours: "cleared" },
  { mnemonics: ["aaa", "aas"], flags: SF | ZF | PF, ours: "result" },
  { mnemonics: ["aam", "aad"], flags: OF | AF | CF, ours: "cleared" },
];

const byMnemonic = new Map<string, UndefinedFlags[]>();
for (const entry of undefinedFlags) {
  for (const mnemonic of entry.mnemonics) byMnemonic.set(mnemonic, [...(byMnemonic.get(mnemonic) ?? []), entry]);
}

/** Bits undefined after `mnemonic`. For shifts, `count` is the count before masking, or undefined if unknown: then whatever may be undefined. */
export function undefinedAfter(mnemonic: string, count: number | undefined, size: number): number {
  let flags = 0;
  for (const { when, flags: bits } of byMnemonic.get(mnemonic) ?? []) {
    if (when === undefined || count === undefined || when(count & 31, 8 * size)) flags |= bits;
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
