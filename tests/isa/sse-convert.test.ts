import { describe, expect, it } from "vitest";
import { EAX } from "../vmm/system-guest.js";
import { DEFAULT_MXCSR, R0_R1, SseGuest } from "./sse-guest.js";

const IE = 1;
const DE = 2;
const PE = 32;
const INDEFINITE = 0x8000_0000;
const bits = (value: number) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16);
};

describe("doubles to integers", () => {
  const guest = new SseGuest();
  function convert(opcode: number, value: number, mode = 0): [number, number] {
    guest.setXmm(1, bits(value));
    guest.mxcsr = DEFAULT_MXCSR | mode;
    expect(guest.exec(0xf2, 0x0f, opcode, R0_R1)).toBeUndefined();
    return [guest.reg(EAX), guest.mxcsr & 0x3f];
  }
  const ROUNDED = 0x2d;
  const TRUNCATED = 0x2c;
  it.each([
    ["nearest", 0, [2, 4, -2, 3]],
    ["down", 0x2000, [2, 3, -3, 2]],
    ["up", 0x4000, [3, 4, -2, 3]],
    ["zero", 0x6000, [2, 3, -2, 2]],
  ])("CVTSD2SI rounds as MXCSR says: %s", (_, mode, results) => {
    expect([2.5, 3.5, -2.5, 2.75].map((value) => convert(ROUNDED, value, mode))).toEqual(results.map((r) => [r >>> 0, PE]));
  });
  it("CVTTSD2SI cuts off, whatever MXCSR says", () => {
    expect([2.75, -2.75, 0.1].map((value) => convert(TRUNCATED, value, 0x4000))).toEqual([2, -2, 0].map((r) => [r >>> 0, PE]));
  });
  it("reaches to both ends of the range, after rounding", () => {
    expect(convert(ROUNDED, 2147483647.4)).toEqual([0x7fff_ffff, PE]);
    expect(convert(ROUNDED, 2147483647.5)).toEqual([INDEFINITE, IE]);
    expect(convert(TRUNCATED, 2147483647.9)).toEqual([0x7fff_ffff, PE]);
    expect(convert(TRUNCATED, -2147483648.9)).toEqual([INDEFINITE, PE]);
    expect(convert(TRUNCATED, -2147483648)).toEqual([INDEFINITE, 0]);
    expect(convert(TRUNCATED, -2147483649)).toEqual([INDEFINITE, IE]);
  });
  it("gives the indefinite integer for what is none", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) expect(convert(TRUNCATED, value)).toEqual([INDEFINITE, IE]);
  });
  it("does not report denormals as such", () => {
    expect(convert(ROUNDED, 5e-324)).toEqual([0, PE]);
  });
});

describe("between the formats", () => {
  it("a NaN keeps the top of its payload and becomes quiet", () => {
    const guest = new SseGuest().setXmm(0, "0").setXmm(1, "fff0123456789abc");
    guest.exec(0xf2, 0x0f, 0x5a, R0_R1); // cvtsd2ss
    expect([guest.xmm(0).slice(24), guest.mxcsr & 0x3f]).toEqual(["ffc091a2", IE]);
    guest.setXmm(1, "7f812345");
    guest.exec(0xf3, 0x0f, 0x5a, R0_R1); // cvtss2sd
    expect(guest.xmm(0).slice(16)).toBe("7ff82468a0000000");
  });
  it("a denormal single is a normal double, and an exception", () => {
    const guest = new SseGuest().setXmm(1, "00000001");
    guest.exec(0xf3, 0x0f, 0x5a, R0_R1);
    expect([guest.xmm(0).slice(16), guest.mxcsr & 0x3f]).toEqual(["36a0000000000000", DE]);
  });
  it("CVTPD2PS clears the upper half; CVTPS2PD takes the lower", () => {
    const guest = new SseGuest().setXmm(0, "1".repeat(32)).setXmm(1, "3ff0000000000000c000000000000000");
    guest.exec(0x66, 0x0f, 0x5a, R0_R1);
    expect(guest.xmm(0, 4)).toBe("00000000 00000000 3f800000 c0000000");
    guest.setXmm(1, "7f800001 7f800001 3f800000 c0000000");
    guest.mxcsr = DEFAULT_MXCSR;
    guest.exec(0x0f, 0x5a, R0_R1);
    expect([guest.xmm(0, 8), guest.mxcsr]).toEqual(["3ff0000000000000 c000000000000000", DEFAULT_MXCSR]);
  });
});

describe("integers to singles", () => {
  it.each([
    ["nearest", 0, "4b800000"],
    ["up", 0x4000, "4b800001"],
  ])("round: %s", (_, mode, result) => {
    const guest = new SseGuest();
    guest.mxcsr = DEFAULT_MXCSR | mode;
    guest.set(1, 0x0100_0001);
    guest.exec(0xf3, 0x0f, 0x2a, R0_R1);
    expect([guest.xmm(0).slice(24), guest.mxcsr & 0x3f]).toEqual([result, PE]);
  });
});
