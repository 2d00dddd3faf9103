/**
 * One line of the opcode tables: "name operands size flags".
 *
 * name      the instruction definition (src/vmm/isa)
 * operands  comma-separated, or "-"; each says where the encoding keeps the operand (letters as in the Intel SDM, vol. 2, appendix A, where it has one):
 *             E  ModRM.rm, general register or memory    Eb Ew: of that size whatever the instruction's
 *             M  ModRM.rm, memory only                   R  ModRM.rm, register only         Rx  the same, mod ignored
 *             G  ModRM.reg, general register             Z  register in the opcode          A   accumulator (implied: takes the rm place)
 *             O  absolute offset (moffs)                 S C D  segment, control, debug register in ModRM.reg
 *             V W U  XMM: reg, rm or memory, rm register only        P Q N  MMX: the same        F  ST(i) in ModRM.rm
 *             I  immediate of the operand size (at most 4)   Ib sign-extended byte   Iu zero-extended byte   Iw 16 bits   1  the constant
 *             J  displacement of the operand size            Jb sign-extended byte   X  far pointer          L  imm16 and imm8 (ENTER)
 * size      b 1, w 2, d 4, q 8, x 16 bytes; v 2 or 4 by operand size; - none
 * flags     L  may be locked (with a memory destination)
 *           R  string instruction: with F2 or F3, `rep_name`            C  comparing string instruction: `repe_name` with F3, `repne_name` with F2
 *
 * "" is an invalid opcode (#UD). "@group" picks from a table of eight by ModRM.reg.
 */
export interface Entry {
  readonly name: string;
  readonly operands: readonly string[];
  /** Sizes the definition is instantiated for: one, or 2 and 4. */
  readonly sizes: readonly number[];
  /** Roles of the operands as the definition gets them. */
  readonly roles: readonly ("rm" | "r" | "i")[];
  readonly hasModRM: boolean;
  readonly allowsRegister: boolean;
  readonly allowsMemory: boolean;
  readonly lockable: boolean;
  readonly repeated?: { readonly f3: Entry; readonly f2: Entry };
  /** What the operands ask of the decoder besides ModRM, in order. */
  readonly takes: readonly Takes[];
  /** Which register ModRM.rm (or what stands in for it) and ModRM.reg are numbers of. */
  readonly rmFile: RegisterFile;
  readonly regFile: RegisterFile;
  /** Index of the form at each size (0: 1 byte, 1: 2, 2: 4, 3: 8, 4: 16, 5: none), filled by the engine that uses the tables. */
  readonly forms: Int32Array;
}

/** What an operand asks of the decoder: bytes of the instruction, or a look at what ModRM says. */
export const Takes = {
  I: 0,
  J: 1,
  signedByte: 2,
  byte: 3,
  word: 4,
  one: 5,
  offset: 6,
  farPointer: 7,
  enter: 8,
  accumulator: 9,
  segment: 10,
} as const;
export type Takes = (typeof Takes)[keyof typeof Takes];

/** Register files; of `bySize`: byte registers where the operand size is 1, otherwise general ones. `st` is ST(i), MMX registers lie in `x87`. */
export const RegisterFile = { none: 0, bySize: 1, byte: 2, general: 3, xmm: 4, x87: 5, st: 6, segment: 7, control: 8, debug: 9 } as const;
export type RegisterFile = (typeof RegisterFile)[keyof typeof RegisterFile];

const TAKES: Readonly<Record<string, Takes>> = {
  I: Takes.I,
  J: Takes.J,
  Ib: Takes.signedByte,
  Jb: Takes.signedByte,
  Iu: Takes.byte,
  Iw: Takes.word,
  "1": Takes.one,
  O: Takes.offset,
  X: Takes.farPointer,
  L: Takes.enter,
  A: Takes.accumulator,
  S: Takes.segment,
};
const RM_FILES: Readonly<Record<string, RegisterFile>> = {
  E: RegisterFile.bySize,
  R: RegisterFile.bySize,
  Z: RegisterFile.bySize,
  A: RegisterFile.bySize,
  Eb: RegisterFile.byte,
  Ew: RegisterFile.general,
  Rx: RegisterFile.general,
  W: RegisterFile.xmm,
  U: RegisterFile.xmm,
  Q: RegisterFile.x87,
  N: RegisterFile.x87,
  F: RegisterFile.st,
};
const REG_FILES: Readonly<Record<string, RegisterFile>> = {
  G: RegisterFile.bySize,
  V: RegisterFile.xmm,
  P: RegisterFile.x87,
  S: RegisterFile.segment,
  C: RegisterFile.control,
  D: RegisterFile.debug,
};
/** Of the first operand that has one. */
function fileOf(operands: readonly string[], files: Readonly<Record<string, RegisterFile>>): RegisterFile {
  return files[operands.find((token) => files[token] !== undefined) ?? ""] ?? RegisterFile.none;
}

const SIZES: Record<string, readonly number[]> = { b: [1], w: [2], d: [4], q: [8], x: [16], v: [2, 4], "-": [0] };
const RM = new Set(["E", "Eb", "Ew", "M", "R", "Rx", "Z", "A", "O", "W", "U", "Q", "N", "F"]);
const REG = new Set(["G", "S", "C", "D", "V", "P"]);
const IMMEDIATE = new Set(["I", "Ib", "Iu", "Iw", "1", "J", "Jb", "X", "L"]);
const BY_MODRM = new Set(["E", "Eb", "Ew", "M", "R", "Rx", "W", "U", "Q", "N", "F", ...REG]);

/** Position of a size in `Entry.forms`. */
export function sizeIndex(size: number): number {
  return size === 0 ? 5 : 31 - Math.clz32(size);
}

export function parseEntry(line: string): Entry {
  const [name, operandText, sizeText, flags = ""] = line.split(" ");
  const operands = operandText === "-" ? [] : operandText.split(",");
  const sizes = SIZES[sizeText];
  if (!sizes) throw new Error(`opcode table: bad size in "${line}"`);
  const roles = operands.map((token) => {
    if (RM.has(token)) return "rm";
    if (REG.has(token)) return "r";
    if (IMMEDIATE.has(token)) return "i";
    throw new Error(`opcode table: bad operand ${token} in "${line}"`);
  });
  const memoryOnly = operands.includes("M") || operands.includes("O");
  const either = operands.some((token) => ["E", "Eb", "Ew", "W", "Q"].includes(token));
  const repeat = (prefix: string) => parseEntry(`${prefix}_${name} ${operandText} ${sizeText}`);
  const rep = flags.includes("R") ? repeat("rep") : undefined;
  return {
    name,
    operands,
    sizes,
    roles,
    hasModRM: operands.some((token) => BY_MODRM.has(token)),
    allowsRegister: !memoryOnly,
    allowsMemory: memoryOnly || either,
    lockable: flags.includes("L"),
    repeated: rep ? { f3: rep, f2: rep } : flags.includes("C") ? { f3: repeat("repe"), f2: repeat("repne") } : undefined,
    takes: operands.flatMap((token) => TAKES[token] ?? []),
    rmFile: fileOf(operands, RM_FILES),
    regFile: fileOf(operands, REG_FILES),
    forms: new Int32Array(6).fill(-1),
  };
}
