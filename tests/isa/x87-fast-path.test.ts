import { describe, expect, it } from "vitest";
import { Random } from "./random.js";
import { X87Guest } from "./x87-guest.js";

/** Rounding to nearest, 64 bits, everything masked: the usual case is decided at once. */
const USUAL = 0x37f;
/** The reserved precision control works as 64 bits, but is nothing that the fast path looks for. */
const EXACT = 0x17f;
const CASES = 2000;

/** ST(0) op ST(1) into ST(0). */
const instructions: [string, number[]][] = [
  ["fadd", [0xd8, 0xc1]],
  ["fmul", [0xd8, 0xc9]],
  ["fsub", [0xd8, 0xe1]],
  ["fsubr", [0xd8, 0xe9]],
  ["fdiv", [0xd8, 0xf1]],
  ["fdivr", [0xd8, 0xf9]],
  ["fsqrt", [0xd9, 0xfa]],
];
const bytesOf = new Map(instructions);

const PATTERNS = [0n, 1n, 0x7ffn, 0x800n, 0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_fffen, 0x7fff_ffff_ffff_f800n];

/** A number with this exponent; its significand is often next to a power of two, or short. */
function number(random: Random, exponent: number): string {
  const bits = (BigInt(random.word()) << 32n) | BigInt(random.word());
  const fraction = random.oneIn(3)
    ? random.pick(PATTERNS)
    : random.oneIn(3)
      ? bits & 0x7fff_ffff_ffff_f800n
      : bits & 0x7fff_ffff_ffff_ffffn;
  const se = exponent | (random.below(2) << 15);
  return `${se.toString(16).padStart(4, "0")}:${((1n << 63n) | fraction).toString(16)}`;
}

/** Two numbers whose exponents are near each other, or near the ends of the range. */
function pair(random: Random): [string, string] {
  const first = random.oneIn(8) ? random.pick([1, 2, 0x7ffd, 0x7ffe, 0x2000, 0x5fff]) : 0x3fff - 40 + random.below(80);
  const distance = random.oneIn(3) ? random.pick([0, 1, 2, 62, 63, 64, 65, 66]) : random.below(70);
  const second = first + (random.oneIn(2) ? distance : -distance);
  return [number(random, first), number(random, Math.min(Math.max(second, 1), 0x7ffe))];
}

const guest = new X87Guest();
function run(name: string, control: number, a: string, b: string): [string, string] {
  guest.load(control, [a, b]);
  expect(guest.exec(...(bytesOf.get(name) ?? []))).toBeUndefined();
  return [guest.st(0), guest.status.toString(16)];
}

describe("the fast path agrees with the exact way, bit for bit", () => {
  it.each(instructions)("%s", (name) => {
    const random = new Random(1980);
    for (let i = 0; i < CASES; i++) {
      const [a, b] = pair(random);
      expect([a, b, ...run(name, USUAL, a, b)]).toEqual([a, b, ...run(name, EXACT, a, b)]);
    }
  });
});

/** What one works out by hand. Flags: 8 OE, 10 UE, 20 PE, 200 C1 (rounded up). */
describe("edges of rounding", () => {
  it.each([
    ["a tie goes to the even number below", "fadd", "3fff:8000000000000000", "3fbf:8000000000000000", "3fff:8000000000000000", 0x20],
    ["a tie goes to the even number above", "fadd", "3fff:8000000000000001", "3fbf:8000000000000000", "3fff:8000000000000002", 0x220],
    ["just above a tie, 64 places away", "fadd", "3fff:8000000000000000", "3fbf:8000000000000001", "3fff:8000000000000001", 0x220],
    ["below a tie, 65 places away", "fadd", "3fff:8000000000000000", "3fbe:ffffffffffffffff", "3fff:8000000000000000", 0x20],
    ["the lowest bit of a sum with carry", "fadd", "3fff:ffffffffffffffff", "3fff:8000000000000000", "4000:c000000000000000", 0x220],
    ["rounding carries out of 64 bits", "fadd", "3fff:ffffffffffffffff", "3fbf:8000000000000000", "4000:8000000000000000", 0x220],
    ["rounding carries into infinity", "fadd", "7ffe:ffffffffffffffff", "7fbe:8000000000000000", "7fff:8000000000000000", 0x228],
    ["nothing is left", "fsub", "bfff:8000000000000001", "bfff:8000000000000001", "0000:0000000000000000", 0],
    ["the smaller exponent, the larger significand", "fsub", "4000:8000000000000000", "3fff:ffffffffffffffff", "3fc0:8000000000000000", 0],
    [
      "the same exponent, the larger significand second",
      "fsub",
      "3fff:8000000000000000",
      "3fff:8000000000000001",
      "bfc0:8000000000000000",
      0,
    ],
    ["a single bit is left below", "fsub", "3fff:8000000000000000", "3ffe:ffffffffffffffff", "3fbf:8000000000000000", 0],
    ["a tie after a place was lost", "fsub", "3fff:8000000000000000", "3fbe:8000000000000000", "3fff:8000000000000000", 0x220],
    ["a difference below the normal numbers", "fsub", "0001:8000000000000001", "0001:8000000000000000", "0000:0000000000000001", 0],
    ["a product one place shorter", "fmul", "3fff:8000000000000001", "3fff:8000000000000001", "3fff:8000000000000002", 0x20],
    [
      "a product that carries out when it is rounded",
      "fmul",
      "3fff:ffffffffffffffff",
      "3fff:8000000000000001",
      "4000:8000000000000000",
      0x20,
    ],
    ["a product below the normal numbers", "fmul", "2000:8000000000000001", "2000:8000000000000000", "0001:8000000000000001", 0],
    ["the least product that is tiny", "fmul", "2000:8000000000000001", "1fff:8000000000000000", "0000:4000000000000000", 0x30],
    ["the largest product", "fmul", "5fff:8000000000000000", "5ffe:ffffffffffffffff", "7ffe:ffffffffffffffff", 0],
    ["a quotient of neighbours", "fdiv", "3fff:8000000000000000", "3fff:8000000000000001", "3ffe:fffffffffffffffe", 0x20],
  ])("%s", (_, name, a, b, expected, flags) => {
    run(name, USUAL, a, b);
    expect([guest.st(0), guest.status & 0x23f]).toEqual([expected, flags]);
  });

  it("an exact zero is negative when rounding down", () => {
    run("fsub", 0x77f, "3fff:8000000000000000", "3fff:8000000000000000");
    expect(guest.st(0)).toBe("8000:0000000000000000");
  });

  it.each(["0000:8000000000000000", "3fff:7fffffffffffffff"])("%s is no normal number", (other) => {
    for (const name of ["fadd", "fmul", "fsub", "fdiv"]) {
      const usual = run(name, USUAL, "3fff:8000000000000000", other);
      expect(usual).toEqual(run(name, EXACT, "3fff:8000000000000000", other));
      expect(guest.status & 3).not.toBe(0);
    }
  });
});

/** FISTP m32 with rounding to nearest (37f) and towards zero (f7f). Flags: 1 IE, 20 PE, 200 C1 (rounded up). */
describe("conversion to integers", () => {
  it.each([
    ["3fff:8000000000000000", 0x37f, "00000001", 0],
    ["3fff:c000000000000000", 0x37f, "00000002", 0x220],
    ["3fff:c000000000000000", 0xf7f, "00000001", 0x20],
    ["4000:a000000000000000", 0x37f, "00000002", 0x20],
    ["4000:a000000000000001", 0x37f, "00000003", 0x220],
    ["c000:e000000000000000", 0x37f, "fffffffc", 0x220],
    ["c000:e000000000000000", 0xf7f, "fffffffd", 0x20],
    ["3ffe:8000000000000001", 0x37f, "00000001", 0x220],
    ["3ffe:8000000000000001", 0xf7f, "00000000", 0x20],
    ["401c:ffffffffffffffff", 0x37f, "40000000", 0x220],
    ["401c:ffffffffffffffff", 0xf7f, "3fffffff", 0x20],
    ["401d:ffffffffffffffff", 0x37f, "80000000", 0x01],
    ["401d:ffffffffffffffff", 0xf7f, "7fffffff", 0x20],
    ["c01d:ffffffffffffffff", 0x37f, "80000000", 0x220],
    ["3fff:4000000000000000", 0x37f, "80000000", 0x01],
  ])("%s with control %i", (number, control, expected, flags) => {
    guest.load(control, [number]);
    guest.setMemory("00000000");
    expect(guest.exec(0xdb, 0x1b)).toBeUndefined();
    expect([guest.memory(4), guest.status & 0x23f]).toEqual([expected, flags]);
  });
});
