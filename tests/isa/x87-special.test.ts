import { describe, expect, it } from "vitest";
import { X87Guest } from "./x87-guest.js";

const ZERO = "0000:0000000000000000";
const MINUS_ZERO = "8000:0000000000000000";
const TINY = "0000:0000000000000001";
const ONE = "3fff:8000000000000000";
const MINUS_ONE = "bfff:8000000000000000";
const INFINITY = "7fff:8000000000000000";
const MINUS_INFINITY = "ffff:8000000000000000";
const INDEFINITE = "ffff:c000000000000000";

const [IE, DE, ZE, PE] = [0x01, 0x02, 0x04, 0x20];

/** Zeros, infinities and denormals, by the tables of each instruction (SDM vol. 2). Flags are those of the status word; C1 is clear. */
const guest = new X87Guest();
function run(bytes: readonly number[], registers: readonly string[]): { st0: string; st1: string; flags: number } {
  guest.load(0x37f, registers);
  expect(guest.exec(...bytes)).toBeUndefined();
  return { st0: guest.st(0), st1: guest.st(1), flags: guest.status & 0x27f };
}

describe("FSQRT", () => {
  it.each([
    [ZERO, ZERO, 0],
    [MINUS_ZERO, MINUS_ZERO, 0],
    [INFINITY, INFINITY, 0],
    [MINUS_INFINITY, INDEFINITE, IE],
    [MINUS_ONE, INDEFINITE, IE],
    [ONE, ONE, 0],
    [TINY, "1fe0:b504f333f9de6484", DE | PE],
  ])("of %s is %s", (operand, result, flags) => {
    expect(run([0xd9, 0xfa], [operand])).toEqual({ st0: result, st1: "empty", flags });
  });
});

describe("FSCALE", () => {
  const TWO_AND_A_BIT = "4000:bfffffffffffffff";
  it.each([
    ["4000:c000000000000000", TWO_AND_A_BIT, "4002:c000000000000000", 0],
    ["4000:c000000000000000", "c000:bfffffffffffffff", "3ffe:c000000000000000", 0],
    [ONE, ZERO, ONE, 0],
    [ONE, INFINITY, INFINITY, 0],
    [MINUS_ONE, INFINITY, MINUS_INFINITY, 0],
    [ONE, MINUS_INFINITY, ZERO, 0],
    [MINUS_ONE, MINUS_INFINITY, MINUS_ZERO, 0],
    [TINY, INFINITY, INFINITY, DE],
    [TINY, MINUS_INFINITY, ZERO, DE],
    [INFINITY, TINY, INFINITY, DE],
    [INFINITY, INFINITY, INFINITY, 0],
    [INFINITY, MINUS_INFINITY, INDEFINITE, IE],
    [ZERO, INFINITY, INDEFINITE, IE],
    [MINUS_ZERO, MINUS_INFINITY, MINUS_ZERO, 0],
    [MINUS_ZERO, ONE, MINUS_ZERO, 0],
  ])("%s by %s is %s", (st0, st1, result, flags) => {
    expect(run([0xd9, 0xfd], [st0, st1])).toEqual({ st0: result, st1, flags });
  });
});

describe("FXTRACT", () => {
  it.each([
    ["4002:c000000000000000", "3fff:c000000000000000", "4000:c000000000000000", 0],
    [TINY, ONE, "c00d:807a000000000000", DE],
    [ZERO, ZERO, MINUS_INFINITY, ZE],
    [MINUS_ZERO, MINUS_ZERO, MINUS_INFINITY, ZE],
    [INFINITY, INFINITY, INFINITY, 0],
    [MINUS_INFINITY, MINUS_INFINITY, INFINITY, 0],
  ])("of %s is significand %s and exponent %s", (operand, significand, exponent, flags) => {
    expect(run([0xd9, 0xf4], [operand])).toEqual({ st0: significand, st1: exponent, flags });
  });
});

describe("FISTP", () => {
  const SMALLEST: [string, readonly number[], number, string, string][] = [
    ["16 bits", [0xdf, 0x1b], 2, "c00e:8000000000000000", "400e:8000000000000000"],
    ["32 bits", [0xdb, 0x1b], 4, "c01e:8000000000000000", "401e:8000000000000000"],
    ["64 bits", [0xdf, 0x3b], 8, "c03e:8000000000000000", "403e:8000000000000000"],
  ];
  it.each(SMALLEST)("%s: the most negative integer is one; its opposite is invalid", (_, bytes, size, negative, positive) => {
    const indefinite = `8${"0".repeat(2 * size - 1)}`;
    expect(run(bytes, [negative])).toEqual({ st0: "empty", st1: "empty", flags: 0 });
    expect(guest.memory(size)).toBe(indefinite);
    guest.setMemory("00".repeat(size));
    expect(run(bytes, [positive])).toEqual({ st0: "empty", st1: "empty", flags: IE });
    expect(guest.memory(size)).toBe(indefinite);
  });
  it("64 bits: twice the most negative integer is invalid, though its significand is the same", () => {
    expect(run([0xdf, 0x3b], ["c03f:8000000000000000"])).toEqual({ st0: "empty", st1: "empty", flags: IE });
    expect(guest.memory(8)).toBe("8000000000000000");
  });
});
