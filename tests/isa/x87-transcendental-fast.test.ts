import { describe, expect, it } from "vitest";
import { X87_TABLES_FILLED } from "../../src/vmm/cpu/layout.js";
import { roundBinary } from "../../src/vmm/x87/real.js";
import type { Real } from "../../src/vmm/x87/registers.js";
import {
  arctangent,
  cosine,
  exponential,
  logarithmPlusOneTimes,
  logarithmTimes,
  sine,
  tangent,
  type Value,
} from "../../src/vmm/x87/transcendental.js";
import { Random } from "./random.js";
import { X87Guest } from "./x87-guest.js";

const CONTROL = 0x37f;
const CASES = 600;

type Operands = readonly Real[];
interface Instruction {
  readonly name: string;
  readonly bytes: readonly number[];
  /** Exact values by ST(0), ST(1): of what is in ST(0) in the end and, if there are two, in ST(1). */
  readonly exact: ((st0: Real, st1: Real) => Value)[];
  readonly operands: (random: Random) => Operands;
}

function bits(random: Random): bigint {
  return (BigInt(random.word()) << 32n) | BigInt(random.word());
}
/** A number of an exponent in this range (of two), sometimes with few bits. */
function number(random: Random, from: number, to: number, sign = random.below(2)): Real {
  const short = random.pick([0n, 0n, 0x7ffn, 0xffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn]);
  return { sig: (1n << 63n) | (bits(random) & ~short), se: (0x3fff + from + random.below(to - from + 1)) | (sign << 15) };
}
/** One plus or minus very little, or of any exponent. */
function aroundOne(random: Random): Real {
  const some = bits(random) >> BigInt(1 + random.below(62));
  if (random.oneIn(3)) return { sig: (1n << 63n) | some, se: 0x3fff };
  if (random.oneIn(2)) return { sig: 0xffff_ffff_ffff_ffffn - some, se: 0x3ffe };
  return number(random, -16000, 16000, 0);
}
/** Next to a multiple of pi / 4. */
function aroundAngle(random: Random): Real {
  const quarter = 0x3243f6a8885a308dn;
  const n = quarter * BigInt(1 + random.below(1 << (1 + random.below(14))));
  const excess = n.toString(2).length - 64;
  const sig = (excess > 0 ? n >> BigInt(excess) : n << BigInt(-excess)) + BigInt(random.below(5) - 2);
  return { sig: BigInt.asUintN(64, sig) | (1n << 63n), se: (0x3fff + 1 + excess) | (random.below(2) << 15) };
}
const angle = (random: Random): Operands => [random.oneIn(4) ? aroundAngle(random) : number(random, -36, 32)];
function point(random: Random): Operands {
  const x = number(random, -20, 20);
  const exponent = (x.se & 0x7fff) - 0x3fff;
  return [x, random.oneIn(8) ? { ...x, sig: x.sig ^ 1n } : number(random, exponent - 62, exponent + 62)];
}

const instructions: Instruction[] = [
  { name: "fsin", bytes: [0xd9, 0xfe], exact: [sine], operands: angle },
  { name: "fcos", bytes: [0xd9, 0xff], exact: [cosine], operands: angle },
  { name: "fsincos", bytes: [0xd9, 0xfb], exact: [cosine, sine], operands: angle },
  { name: "f2xm1", bytes: [0xd9, 0xf0], exact: [exponential], operands: (random) => [number(random, -62, -1)] },
  { name: "fpatan", bytes: [0xd9, 0xf3], exact: [(x, y) => arctangent(y, x)], operands: point },
  {
    name: "fyl2x",
    bytes: [0xd9, 0xf1],
    exact: [(x, y) => logarithmTimes(y, x)],
    operands: (random) => [aroundOne(random), number(random, -300, 300)],
  },
  {
    name: "fyl2xp1",
    bytes: [0xd9, 0xf9],
    exact: [(x, y) => logarithmPlusOneTimes(y, x)],
    operands: (random) => [number(random, -64, -1), number(random, -300, 300)],
  },
];

const text = ({ sig, se }: Real) => `${se.toString(16).padStart(4, "0")}:${sig.toString(16).padStart(16, "0")}`;

/** The number and its flags, PE and C1 among them. */
function rounded(value: Value): { number: string; flags: number } {
  if ("invalid" in value) throw new Error("not a number");
  const more = value.flags ?? 0;
  if ("result" in value) return { number: text(value.result), flags: more };
  const { result, flags } = roundBinary(value.unrounded, CONTROL);
  return { number: text(result), flags: flags | more };
}

const guest = new X87Guest();
function run(bytes: readonly number[], operands: Operands): void {
  // C2 and C1 from before.
  guest.load(CONTROL, operands.map(text), { status: 0x600 });
  expect(guest.exec(...bytes)).toBeUndefined();
}

describe("results are those of the exact functions, however they are found", () => {
  it.each(instructions)("$name", ({ bytes, exact, operands }) => {
    const random = new Random(1980);
    for (let i = 0; i < CASES; i++) {
      const [st0, st1] = operands(random);
      run(bytes, st1 ? [st0, st1] : [st0]);
      const expected = exact.map((f) => rounded(f(st0, st1)));
      const results = exact.map((_, n) => guest.st(n));
      expect([st0, st1, ...results]).toEqual([st0, st1, ...expected.map((e) => e.number)]);
      // C1 tells of the result that comes last, which is on top.
      expect([text(st0), guest.status & 0x200]).toEqual([text(st0), expected[0].flags & 0x200]);
      expect(guest.status & 0x3f).toBe(expected.reduce((all, e) => all | e.flags, 0) & 0x3f);
    }
  });

  it("fptan: below the 1 that it pushes", () => {
    const random = new Random(1980);
    for (let i = 0; i < CASES; i++) {
      const [a] = angle(random);
      run([0xd9, 0xf2], [a]);
      const expected = rounded(tangent(a));
      expect([text(a), guest.st(1), guest.st(0)]).toEqual([text(a), expected.number, "3fff:8000000000000000"]);
      expect(guest.status & 0x23f).toBe(expected.flags & 0x23f);
    }
  });
});

/** Where tables begin and end, and where a value lies next to a number or to the middle between two. */
describe("hard arguments", () => {
  const real = (line: string): Real => {
    const [se, sig] = line.split(":");
    return { sig: BigInt(`0x${sig}`), se: Number.parseInt(se, 16) };
  };
  const byName = new Map(instructions.map((instruction) => [instruction.name, instruction]));
  it.each([
    ["fcos", "bfe1:800000000000008d", ""],
    ["fcos", "3fdd:8000000000000000", ""],
    ["fcos", "3fde:b504f333f9de6484", ""],
    ["fsin", "bfff:c90fda822168c234", ""],
    ["fsin", "3fdd:ffffffffffffffff", ""],
    ["fsin", "3ff6:8000000000000000", ""],
    ["fsin", "3ff5:ffffffffffffffff", ""],
    ["fsincos", "3ffe:c90fdaa22168c235", ""],
    ["fsincos", "3ffe:c90fdaa22168c234", ""],
    ["fsincos", "401d:ffffffffffffffff", ""],
    ["f2xm1", "3ffe:ffffffffffffffff", ""],
    ["f2xm1", "bffe:ffffffffffffffff", ""],
    ["f2xm1", "3ffe:8000000000000000", ""],
    ["f2xm1", "3ff6:8000000000000000", ""],
    ["f2xm1", "bff5:ffffffffffffffff", ""],
    ["f2xm1", "3fc3:8000000000000000", ""],
    ["fyl2x", "3fff:8000000000000001", "3fff:8000000000000000"],
    ["fyl2x", "3ffe:ffffffffffffffff", "3fff:8000000000000000"],
    ["fyl2x", "4000:8000000000000000", "3fff:c000000000000000"],
    ["fyl2x", "3fff:c000000000000000", "3fff:8000000000000000"],
    ["fyl2x", "3fff:bfffffffffffffff", "3fff:8000000000000000"],
    ["fyl2x", "4002:a000000000000000", "3ffd:9a209a84fbcff799"],
    ["fyl2x", "7ffe:ffffffffffffffff", "7ff0:8000000000000000"],
    ["fyl2x", "3fff:8000000000000001", "0030:8000000000000001"],
    ["fyl2xp1", "3ffd:ffffffffffffffff", "3fff:8000000000000000"],
    ["fyl2xp1", "bffd:ffffffffffffffff", "3fff:8000000000000000"],
    ["fyl2xp1", "3ff5:8000000000000000", "3fff:8000000000000000"],
    ["fyl2xp1", "bfc1:8000000000000000", "3fff:8000000000000000"],
    ["fpatan", "405d:ffffffffffffffce", "c056:8000000000000046"],
    ["fpatan", "5c7a:800000000000002e", "5c81:ffffffffffffff4f"],
    ["fpatan", "5c81:ffffffffffffff4f", "5c7a:800000000000002e"],
    ["fpatan", "3fff:8000000000000000", "3ff7:8000000000000000"],
    ["fpatan", "3fff:8000000000000000", "bfff:8000000000000000"],
    ["fpatan", "bfff:8000000000000000", "3fff:8000000000000001"],
    ["fpatan", "3fff:8000000000000000", "3fc3:8000000000000001"],
  ])("%s %s %s", (name, st0, st1) => {
    const instruction = byName.get(name);
    if (!instruction) throw new Error(name);
    const operands = (st1 ? [st0, st1] : [st0]).map(real);
    const expected = instruction.exact.map((f) => rounded(f(operands[0], operands[1])));
    // The first time, the callout may have to fill its tables.
    for (let i = 0; i < 2; i++) {
      run(instruction.bytes, operands);
      expect(expected.map((_, n) => guest.st(n))).toEqual(expected.map((e) => e.number));
      expect(guest.status & 0x200).toBe(expected[0].flags & 0x200);
    }
  });
});

it("tables are filled by the first instruction that could use them", () => {
  const other = new X87Guest();
  const filled = () => other.state.get(X87_TABLES_FILLED);
  const before = filled();
  other.load(CONTROL, ["3fff:8000000000000000"]);
  other.exec(0xd9, 0xf0);
  other.load(CONTROL, ["3ffe:8000000000000000"]);
  other.exec(0xd9, 0xfe);
  expect([before, filled()]).toEqual([0, 9]);
});
