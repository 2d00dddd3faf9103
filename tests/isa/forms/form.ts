/**
 * Opcode tables are text, a line for each opcode, with operands named as in the manuals' opcode map (Intel SDM vol. 2, appendix A):
 *
 *     shl  C1 /4  Ev,Ib  ; w=cx
 *
 * E M R: ModRM.rm as general register or memory, memory only, register only. G: ModRM.reg. Q N P, W U V: the same for MMX and XMM.
 * S: segment register in ModRM.reg. Z: register in the opcode's low bits. I: immediate. J: relative target. O: address without ModRM.
 * F: x87 stack register in the opcode's second byte (only says so). Anything else is implied by the opcode.
 * Widths: b w d q dq, t (10 bytes), v (2 or 4 by operand size), n (a number of bytes in memory: M28).
 * After the semicolon: `lock` (LOCK is allowed when the destination is memory), `rep`, `w=` registers that are written beside the operands (`w=all`), `a16` (memory is
 * aligned to 16 or it is #GP), `ro` (the first operand is not written), `wide` (takes an operand size, though no operand shows it), `selector` (pushes or pops a segment register).
 */
export interface Form {
  readonly mnemonic: string;
  /** F2, F3 or 66 where it is part of the opcode; else 0. */
  readonly mandatory: number;
  readonly opcode: readonly number[];
  /** ModRM.reg is an operand ("r"), extends the opcode (0..7), or there is no ModRM; a whole second byte is part of `opcode`. */
  readonly modrm: "r" | number | undefined;
  readonly operands: readonly Operand[];
  /** The operand in ModRM.rm, if there is one. */
  readonly rm: Operand | undefined;
  /** The opcode's low three bits name a register. */
  readonly opcodeRegister: boolean;
  /** Operand sizes in bytes that can be asked for; [0] where there is no such thing. */
  readonly sizes: readonly number[];
  readonly traits: ReadonlySet<string>;
  /** General registers (0..7) written beside the operands. */
  readonly alsoWrites: readonly number[];
  /** The line's first half, which names the form in reports. */
  readonly title: string;
}

export interface Operand {
  readonly kind: string;
  readonly width: string;
}

const REGISTERS = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const ENCODED = /^([EMRGQNPWUVSZIJOF])(b|w|dq|d|q|t|v|\d*)$/;

function operand(text: string): Operand {
  const match = ENCODED.exec(text);
  return match === null ? { kind: "", width: text } : { kind: match[1], width: match[2] };
}

function sizesOf(operands: readonly Operand[], traits: ReadonlySet<string>): readonly number[] {
  if (traits.has("wide") || operands.some((o) => o.width === "v" || o.width === "eAX")) return [2, 4];
  if (operands.some((o) => o.kind !== "I" && o.kind !== "J" && (o.width === "b" || o.width === "AL"))) return [1];
  return [0];
}

export function parseForms(table: string): Form[] {
  return table
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(parseLine);
}

function parseLine(line: string): Form {
  const [title, notes = ""] = line.split(";").map((part) => part.trim());
  const [mnemonic, ...rest] = title.split(/\s+/);
  const opcode: number[] = [];
  let mandatory = 0;
  let modrm: Form["modrm"];
  let operands: Operand[] = [];
  for (const word of rest) {
    if (/^[0-9A-F]{2}$/.test(word)) opcode.push(Number.parseInt(word, 16));
    else if (word === "/r") modrm = "r";
    else if (/^\/[0-7]$/.test(word)) modrm = Number(word[1]);
    else operands = word.split(",").map(operand);
  }
  if (opcode.length > 1 && opcode[1] === 0x0f && [0x66, 0xf2, 0xf3].includes(opcode[0])) mandatory = opcode.shift() ?? 0;
  const traits = new Set(notes.split(/\s+/).filter((note) => note !== "" && !note.startsWith("w=")));
  const written = /w=(\S+)/.exec(notes)?.[1].split(",") ?? [];
  const alsoWrites = written.includes("all") ? [0, 1, 2, 3, 4, 5, 6, 7] : written.map((name) => REGISTERS.indexOf(name));
  return {
    mnemonic,
    mandatory,
    opcode,
    modrm,
    operands,
    rm: operands.find(({ kind }) => kind !== "" && "EMRQNWU".includes(kind)),
    opcodeRegister: operands.some(({ kind }) => kind === "Z" || kind === "F"),
    sizes: sizesOf(operands, traits),
    traits,
    alsoWrites,
    title: title.replace(/\s+/g, " "),
  };
}

const widths: Readonly<Record<string, number>> = { b: 1, w: 2, d: 4, q: 8, dq: 16, t: 10 };

/** Bytes of memory that an operand names. */
export function widthOf({ width }: Operand, size: number): number {
  return width === "v" ? size : (widths[width] ?? Number(width));
}
