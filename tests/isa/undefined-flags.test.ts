import { afterAll, describe, expect, it, vi } from "vitest";
import type { Case } from "./case.js";
import { toCase } from "./cases/directed-case.js";
import { DEFAULT_ENGINE, engines } from "./engine.js";
import { AF, CF, OF, PF, SF, STATUS, undefinedFlags, ZF } from "./undefined-flags.js";

vi.setConfig({ testTimeout: 60_000 });

const engine = engines[DEFAULT_ENGINE]();
afterAll(() => engine.close());

const CONDITION_BITS = SF | ZF | PF;

/** What an instruction starts with: destination or accumulator in EAX, source in EBX, upper half of a dividend in EDX, count in CL. */
interface Operands {
  readonly a: number;
  readonly b: number;
  readonly d: number;
  readonly count: number;
  readonly eflags: number;
}

interface Encoding {
  /** Operand sizes in bytes. */
  readonly sizes: readonly number[];
  /** Without an operand-size prefix. */
  readonly code: (size: number) => readonly number[];
}

const ALL = [1, 2, 4];
const WORDS = [2, 4];
/** Byte opcode, or the one behind it: `opcode EAX, EBX`. */
const binary = (opcode: number): Encoding => ({ sizes: ALL, code: (size) => [opcode + (size === 1 ? 0 : 1), 0xd8] });
const group = (opcode: number, digit: number, rm: number): Encoding => ({
  sizes: ALL,
  code: (size) => [opcode + (size === 1 ? 0 : 1), 0xc0 | (digit << 3) | rm],
});
const AX = 0;
const BX = 3;
const shift = (digit: number) => group(0xd2, digit, AX);
const wordsOnly = (...code: number[]): Encoding => ({ sizes: WORDS, code: () => code });
const alOnly = (...code: number[]): Encoding => ({ sizes: [1], code: () => code });

const encodings: Readonly<Record<string, Encoding>> = {
  and: binary(0x20),
  or: binary(0x08),
  xor: binary(0x30),
  test: binary(0x84),
  rol: shift(0),
  ror: shift(1),
  rcl: shift(2),
  rcr: shift(3),
  shl: shift(4),
  shr: shift(5),
  sal: shift(6),
  sar: shift(7),
  shld: wordsOnly(0x0f, 0xa5, 0xd8),
  shrd: wordsOnly(0x0f, 0xad, 0xd8),
  mul: group(0xf6, 4, BX),
  imul: group(0xf6, 5, BX),
  div: group(0xf6, 6, BX),
  idiv: group(0xf6, 7, BX),
  bt: wordsOnly(0x0f, 0xa3, 0xd8),
  bts: wordsOnly(0x0f, 0xab, 0xd8),
  btr: wordsOnly(0x0f, 0xb3, 0xd8),
  btc: wordsOnly(0x0f, 0xbb, 0xd8),
  bsf: wordsOnly(0x0f, 0xbc, 0xc3),
  bsr: wordsOnly(0x0f, 0xbd, 0xc3),
  daa: alOnly(0x27),
  das: alOnly(0x2f),
  aaa: alOnly(0x37),
  aas: alOnly(0x3f),
  aam: alOnly(0xd4, 10),
  aad: alOnly(0xd5, 10),
};

const values = [0, 1, 0x81, 0xff, 0x1234, 0x7fff, 0x8000, 0x12345678, 0x80000000, 0xffffffff];

function operandsOf(mnemonic: string): Operands[] {
  const counted = undefinedFlags.some(({ mnemonics, when }) => when !== undefined && mnemonics.includes(mnemonic));
  const counts = counted ? Array.from({ length: 32 }, (_, i) => i) : [0];
  const seconds = counted ? [0x9abcdef1] : values;
  return values.flatMap((a) =>
    seconds.flatMap((b) =>
      counts.flatMap((count) => [0, STATUS].map((eflags) => ({ a, b, d: mnemonic === "idiv" ? 0 : a & 1, count, eflags }))),
    ),
  );
}

function caseOf({ code }: Encoding, size: number, { a, b, d, count, eflags }: Operands): Case {
  const bytes = size === 2 ? [0x66, ...code(size)] : code(size);
  return toCase({
    name: "undefined flags",
    code: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
    registers: { eax: a, ebx: b, ecx: count, edx: d },
    eflags,
  });
}

/** SF ZF PF of a value of `bits` bits. */
function conditionBits(value: number, bits: number): number {
  const v = bits === 32 ? value >>> 0 : value & (2 ** bits - 1);
  let ones = 0;
  for (let i = 0; i < 8; i++) ones += (v >>> i) & 1;
  return (v === 0 ? ZF : 0) | ((v >>> (bits - 1)) & 1 ? SF : 0) | (ones % 2 === 0 ? PF : 0);
}

/** CF and OF of a shift or rotate done one bit at a time, each step as the manual has it for a count of 1. */
function stepwise(mnemonic: string, bits: number, { a, b, count, eflags }: Operands): number {
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  let value = BigInt(a & mask) & BigInt(mask);
  let source = BigInt(b & mask) & BigInt(mask);
  let cf = (eflags & CF) !== 0 ? 1n : 0n;
  let of = 0n;
  const width = BigInt(bits);
  const top = width - 1n;
  const bit = (v: bigint, n: bigint) => (v >> n) & 1n;
  const left = (into: bigint) => {
    cf = bit(value, top);
    value = ((value << 1n) & BigInt(mask)) | into;
    of = cf ^ bit(value, top);
  };
  const right = (into: bigint) => {
    const before = bit(value, top);
    cf = value & 1n;
    value = (value >> 1n) | (into << top);
    of = before ^ bit(value, top);
  };
  const start = value;
  for (let i = 0; i < (count & 31); i++) {
    switch (mnemonic) {
      case "shl":
      case "sal":
        left(0n);
        break;
      case "shr":
        right(0n);
        break;
      case "sar":
        right(bit(value, top));
        break;
      case "rol":
        left(bit(value, top));
        break;
      case "ror":
        right(value & 1n);
        break;
      case "rcl":
        left(cf);
        break;
      case "rcr":
        right(cf);
        break;
      case "shld":
        left(bit(source, top));
        source = (source << 1n) & BigInt(mask);
        break;
      case "shrd":
        right(source & 1n);
        source >>= 1n;
        break;
      default:
        throw new Error(`${mnemonic} has no steps`);
    }
  }
  // The double shifts compare the sign with that of before the instruction.
  if (mnemonic === "shld" || mnemonic === "shrd") of = bit(start, top) ^ bit(value, top);
  return (cf !== 0n ? CF : 0) | (of !== 0n ? OF : 0);
}

describe.each(Object.entries(encodings))("undefined flags of %s", (mnemonic, encoding) => {
  const entries = undefinedFlags.filter(({ mnemonics }) => mnemonics.includes(mnemonic));
  it.each(encoding.sizes)("with operands of %i bytes follow the table", (size) => {
    const bits = 8 * size;
    const all = operandsOf(mnemonic);
    const results = engine.run(all.map((operands) => caseOf(encoding, size, operands)));
    const departures: string[] = [];
    let checked = 0;
    all.forEach((operands, i) => {
      const { ending, eflags, gpr } = results[i];
      // A division may fault; a double shift beyond the width is undefined altogether.
      if (ending !== "done" || (mnemonic.startsWith("sh") && mnemonic.length === 4 && operands.count > bits)) return;
      for (const { flags, ours, when } of entries) {
        if (when !== undefined && !when(operands.count, bits)) continue;
        const expected = {
          unchanged: operands.eflags,
          cleared: 0,
          result: conditionBits(gpr[AX], bits),
          source: conditionBits(operands.b, bits),
          steps: ours === "steps" ? stepwise(mnemonic, bits, operands) : 0,
        }[ours];
        if (((eflags ^ expected) & flags) !== 0)
          departures.push(`${JSON.stringify(operands)}: ${(eflags & flags).toString(16)} instead of ${(expected & flags).toString(16)}`);
        checked++;
      }
    });
    expect(departures).toEqual([]);
    expect(checked).toBeGreaterThan(entries.length);
  });
});

describe("the table of undefined flags", () => {
  it("is held to for every mnemonic in it", () => {
    expect(undefinedFlags.flatMap(({ mnemonics }) => mnemonics).filter((mnemonic) => !(mnemonic in encodings))).toEqual([]);
  });
  it("says each bit of each mnemonic once, unless by count", () => {
    for (const mnemonic of Object.keys(encodings)) {
      let seen = 0;
      for (const { flags, mnemonics } of undefinedFlags) {
        if (!mnemonics.includes(mnemonic)) continue;
        expect(seen & flags).toBe(0);
        seen |= flags;
      }
      expect(seen & (AF | CONDITION_BITS | CF | OF)).not.toBe(0);
    }
  });
});
