import { describe, expect, it } from "vitest";
import { DEFAULT_MXCSR, R0_R1, SseGuest } from "./sse-guest.js";

const rounding = { nearest: 0, down: 0x2000, up: 0x4000, zero: 0x6000 };
type Rounding = keyof typeof rounding;
const FTZ = 0x8000;
const DAZ = 0x40;

const IE = 1;
const DE = 2;
const ZE = 4;
const OE = 8;
const UE = 16;
const PE = 32;

const guest = new SseGuest();
/** Low element of `xmm0 op xmm1` of scalar singles or doubles (8 or 16 digits), and the exceptions. */
function scalar(opcode: number, a: string, b: string, mode = 0): [result: string, flags: number] {
  const digits = a.length;
  guest.mxcsr = DEFAULT_MXCSR | mode;
  guest.setXmm(0, a).setXmm(1, b);
  expect(guest.exec(digits === 8 ? 0xf3 : 0xf2, 0x0f, opcode, R0_R1)).toBeUndefined();
  return [guest.xmm(0).slice(32 - digits), guest.mxcsr & 0x3f];
}
const SQRT = 0x51;
const ADD = 0x58;
const MUL = 0x59;
const SUB = 0x5c;
const DIV = 0x5e;

describe("the four ways to round", () => {
  /** 1 + 2^-24: half a unit in the last place of a single. */
  it.each<[Rounding, string, string]>([
    ["nearest", "3f800000", "bf800000"],
    ["down", "3f800000", "bf800001"],
    ["up", "3f800001", "bf800000"],
    ["zero", "3f800000", "bf800000"],
  ])("a tie, %s", (mode, positive, negative) => {
    expect(scalar(ADD, "3f800000", "33800000", rounding[mode])).toEqual([positive, PE]);
    expect(scalar(ADD, "bf800000", "b3800000", rounding[mode])).toEqual([negative, PE]);
  });
  it("ties go to even", () => {
    expect(scalar(ADD, "3f800001", "33800000")).toEqual(["3f800002", PE]);
  });
  it.each<[Rounding, string]>([
    ["nearest", "3fd5555555555555"],
    ["down", "3fd5555555555555"],
    ["up", "3fd5555555555556"],
    ["zero", "3fd5555555555555"],
  ])("1 / 3 as a double, %s", (mode, result) => {
    expect(scalar(DIV, "3ff0000000000000", "4008000000000000", rounding[mode])).toEqual([result, PE]);
  });
  it.each<[Rounding, string]>([
    ["nearest", "3ff6a09e667f3bcd"],
    ["down", "3ff6a09e667f3bcc"],
    ["up", "3ff6a09e667f3bcd"],
    ["zero", "3ff6a09e667f3bcc"],
  ])("the root of 2 as a double, %s", (mode, result) => {
    expect(scalar(SQRT, "0000000000000000", "4000000000000000", rounding[mode])).toEqual([result, PE]);
  });
  it.each<[Rounding, string, string]>([
    ["nearest", "7f800000", "ff800000"],
    ["down", "7f7fffff", "ff800000"],
    ["up", "7f800000", "ff7fffff"],
    ["zero", "7f7fffff", "ff7fffff"],
  ])("overflow, %s", (mode, positive, negative) => {
    expect(scalar(MUL, "7f7fffff", "40000000", rounding[mode])).toEqual([positive, OE | PE]);
    expect(scalar(MUL, "7f7fffff", "c0000000", rounding[mode])).toEqual([negative, OE | PE]);
  });
  it.each<[Rounding, string]>([
    ["nearest", "00000000"],
    ["down", "80000000"],
    ["up", "00000000"],
    ["zero", "00000000"],
  ])("x - x, %s", (mode, result) => {
    expect(scalar(SUB, "3f800000", "3f800000", rounding[mode])).toEqual([result, 0]);
  });
});

describe("exact results", () => {
  it("raise nothing, also where PE is not set yet", () => {
    expect(scalar(ADD, "3ff0000000000000", "4000000000000000")).toEqual(["4008000000000000", 0]);
    expect(scalar(MUL, "3ff8000000000000", "3ff8000000000000")).toEqual(["4002000000000000", 0]);
    expect(scalar(DIV, "4018000000000000", "4008000000000000")).toEqual(["4000000000000000", 0]);
    expect(scalar(SQRT, "0000000000000000", "4022000000000000")).toEqual(["4008000000000000", 0]);
  });
});

describe("tiny results", () => {
  it("that are exact are denormal, without underflow", () => {
    expect(scalar(MUL, "00800000", "3f000000")).toEqual(["00400000", 0]);
  });
  it("that are not exact are underflow", () => {
    expect(scalar(MUL, "00800001", "3f000000")).toEqual(["00400000", UE | PE]);
    expect(scalar(MUL, "00800001", "3f000000", rounding.up)).toEqual(["00400001", UE | PE]);
  });
  it("are found after rounding, as if the exponent had no bounds", () => {
    // 2^-126 * (1 - 2^-24) fits a single's precision, so it is tiny, though 2^-126 comes out.
    expect(scalar(MUL, "00ffffff", "3f000000")).toEqual(["00800000", UE | PE]);
    // 2^-126 * (1 + 2^-13) * (1 - 2^-13) does not, and rounds up to a normal number.
    expect(scalar(MUL, "00800400", "3f7ff800")).toEqual(["00800000", PE]);
  });
  it("are 0 with FTZ, inexact even if they were not", () => {
    expect(scalar(MUL, "80800000", "3f000000", FTZ)).toEqual(["80000000", UE | PE]);
  });
});

describe("denormal operands", () => {
  it("are an exception", () => {
    expect(scalar(ADD, "00000001", "00000001")).toEqual(["00000002", DE]);
  });
  it("are 0 with DAZ, with their sign", () => {
    expect(scalar(MUL, "80000001", "3f800000", DAZ)).toEqual(["80000000", 0]);
    expect(scalar(DIV, "3f800000", "80000001", DAZ)).toEqual(["ff800000", ZE]);
  });
});

describe("NaNs (SDM vol. 1, table 4-7)", () => {
  const QUIET = "7fc01234";
  const SIGNALLING = "ff801234";
  it("the destination's, if it is one; made quiet", () => {
    expect(scalar(ADD, QUIET, SIGNALLING)).toEqual([QUIET, IE]);
    expect(scalar(ADD, SIGNALLING, QUIET)).toEqual(["ffc01234", IE]);
  });
  it("the source's otherwise", () => {
    expect(scalar(SUB, "3f800000", QUIET)).toEqual([QUIET, 0]);
    expect(scalar(SQRT, "00000000", SIGNALLING)).toEqual(["ffc01234", IE]);
  });
  it("invalid operations give the negative default NaN", () => {
    const [ZERO, INFINITY] = ["0000000000000000", "7ff0000000000000"];
    const invalid: [string, number] = ["fff8000000000000", IE];
    expect(scalar(MUL, ZERO, INFINITY)).toEqual(invalid);
    expect(scalar(DIV, ZERO, ZERO)).toEqual(invalid);
    expect(scalar(DIV, INFINITY, INFINITY)).toEqual(invalid);
    expect(scalar(SUB, INFINITY, INFINITY)).toEqual(invalid);
    expect(scalar(SQRT, ZERO, "bff0000000000000")).toEqual(invalid);
  });
  it("go before division by zero", () => {
    expect(scalar(DIV, QUIET, "00000000")).toEqual([QUIET, 0]);
    expect(scalar(DIV, "3f800000", "80000000")).toEqual(["ff800000", ZE]);
  });
});
