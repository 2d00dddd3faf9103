import { describe, expect, it } from "vitest";
import { CR4_OSFXSR } from "../../src/vmm/cpu/control-bits.js";
import { CR4 } from "../../src/vmm/cpu/layout.js";
import { DATA } from "../vmm/system-guest.js";
import { DEFAULT_MXCSR, R0_EBX, R0_R1, SseGuest } from "./sse-guest.js";

const UNMASKED = 0;
const XM = { vector: 19, error: -1 };
const UD = { vector: 6, error: -1 };
const GP = { vector: 13, error: 0 };
const ADDPS = [0x0f, 0x58, R0_R1];
const DIVPS = [0x0f, 0x5e, R0_R1];

describe("an unmasked exception", () => {
  it("is #XM, its flag is set and the destination stays", () => {
    const guest = new SseGuest().setXmm(0, "3f800000 3f800000 3f800000 3f800000").setXmm(1, "40000000 40000000 00000000 40000000");
    guest.mxcsr = UNMASKED;
    expect(guest.exec(...DIVPS)).toEqual(XM);
    expect([guest.mxcsr, guest.xmm(0, 4)]).toEqual([0x04, "3f800000 3f800000 3f800000 3f800000"]);
  });
  it("is #UD while CR4.OSXMMEXCPT is 0", () => {
    const guest = new SseGuest();
    guest.state.set(CR4, CR4_OSFXSR);
    guest.mxcsr = UNMASKED;
    expect(guest.exec(...DIVPS)).toEqual(UD);
  });
  it("found before computing hides what other elements' results would raise", () => {
    const guest = new SseGuest().setXmm(0, "7f7fffff 00000000 7f800000 3f800000").setXmm(1, "7f7fffff 00000000 ff800000 33800000");
    guest.mxcsr = UNMASKED;
    expect(guest.exec(...ADDPS)).toEqual(XM);
    expect(guest.mxcsr).toBe(0x01);
  });
  it("leaves those that are masked reported", () => {
    const guest = new SseGuest().setXmm(0, "7f7fffff 00000000 00000001 3f800000").setXmm(1, "7f7fffff 00000000 3f800000 33800000");
    const onlyOverflowUnmasked = DEFAULT_MXCSR & ~0x400;
    guest.mxcsr = onlyOverflowUnmasked;
    expect(guest.exec(...ADDPS)).toEqual(XM);
    expect(guest.mxcsr).toBe(onlyOverflowUnmasked | 0x2a);
  });
});

describe("masked exceptions", () => {
  it("are those of all elements, and stay", () => {
    const guest = new SseGuest().setXmm(0, "00000000 3f800000 7f7fffff 3f800000").setXmm(1, "00000000 00000000 00800000 40000000");
    expect(guest.exec(...DIVPS)).toBeUndefined();
    expect([guest.xmm(0, 4), guest.mxcsr]).toEqual(["ffc00000 7f800000 7f800000 3f000000", DEFAULT_MXCSR | 0x2d]);
    guest.setXmm(1, "3f800000 3f800000 3f800000 3f800000").setXmm(0, "3f800000 3f800000 3f800000 3f800000");
    guest.exec(...DIVPS);
    expect(guest.mxcsr).toBe(DEFAULT_MXCSR | 0x2d);
  });
});

describe("MXCSR", () => {
  const LDMXCSR = [0x0f, 0xae, 0x13];
  const STMXCSR = [0x0f, 0xae, 0x1b];
  it("goes to memory and back", () => {
    const guest = new SseGuest();
    guest.put(DATA, 0xffff);
    expect(guest.exec(...LDMXCSR)).toBeUndefined();
    guest.put(DATA, 0);
    guest.exec(...STMXCSR);
    expect(guest.get(DATA)).toBe(0xffff);
  });
  it("has no bits from 16 on: #GP(0)", () => {
    const guest = new SseGuest();
    guest.put(DATA, 0x1_1f80);
    expect(guest.exec(...LDMXCSR)).toEqual(GP);
    expect(guest.mxcsr).toBe(DEFAULT_MXCSR);
  });
});

describe("comparisons", () => {
  const guest = new SseGuest();
  const compare = (a: string, b: string, ...code: number[]) => {
    guest.mxcsr = DEFAULT_MXCSR;
    guest.setXmm(0, a).setXmm(1, b);
    expect(guest.exec(...code)).toBeUndefined();
    return guest;
  };
  const [ONE, TWO, QUIET, SIGNALLING] = ["3f800000", "40000000", "7fc00000", "7f800001"];

  it.each([
    ["less", ONE, TWO, 0x01],
    ["equal", TWO, TWO, 0x40],
    ["greater", TWO, ONE, 0x00],
    ["zeros of both signs", "80000000", "00000000", 0x40],
    ["unordered", ONE, QUIET, 0x45],
  ])("UCOMISS and COMISS set ZF, PF, CF and clear the others: %s", (_, a, b, flags) => {
    for (const opcode of [0x2e, 0x2f]) expect(compare(a, b, 0x0f, opcode, R0_R1).cpu.flags & 0x8d5).toBe(flags);
  });
  it("a quiet NaN is invalid to COMISS and to LT and LE, not to UCOMISS and the others", () => {
    const invalid = (b: string, ...code: number[]) => compare(ONE, b, ...code).mxcsr & 1;
    expect([invalid(QUIET, 0x0f, 0x2f, R0_R1), invalid(QUIET, 0x0f, 0x2e, R0_R1), invalid(SIGNALLING, 0x0f, 0x2e, R0_R1)]).toEqual([
      1, 0, 1,
    ]);
    const predicates = Array.from({ length: 8 }, (_, predicate) => invalid(QUIET, 0xf3, 0x0f, 0xc2, R0_R1, predicate));
    expect(predicates).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
  });
  it("CMPSS by predicate", () => {
    const results = (left: string, right: string) =>
      Array.from({ length: 8 }, (_, predicate) => {
        const low = compare(left, right, 0xf3, 0x0f, 0xc2, R0_R1, predicate).xmm(0).slice(24);
        return low === "ffffffff" ? "T" : low === "00000000" ? "-" : low;
      }).join("");
    //                          EQ LT LE UNORD NEQ NLT NLE ORD
    expect(results(ONE, TWO)).toBe("-TT-T--T");
    expect(results(TWO, ONE)).toBe("----TTTT");
    expect(results(ONE, ONE)).toBe("T-T--T-T");
    expect(results(ONE, QUIET)).toBe("---TTTT-");
  });
  it("MINSS and MAXSS give the source for NaNs and for two zeros", () => {
    const low = (a: string, b: string, opcode: number) => compare(a, b, 0xf3, 0x0f, opcode, R0_R1).xmm(0).slice(24);
    for (const opcode of [0x5d, 0x5f]) {
      expect([low(QUIET, ONE, opcode), low(ONE, SIGNALLING, opcode), low("80000000", "00000000", opcode)]).toEqual([
        ONE,
        SIGNALLING,
        "00000000",
      ]);
      expect(compare(QUIET, ONE, 0xf3, 0x0f, opcode, R0_R1).mxcsr & 1).toBe(1);
    }
    expect([low(ONE, TWO, 0x5d), low(ONE, TWO, 0x5f)]).toEqual([ONE, TWO]);
  });
});

describe("operands in memory", () => {
  it("of 16 bytes that are not aligned are #GP(0), but for the instructions made for them", () => {
    const guest = new SseGuest();
    guest.set(3, DATA + 8);
    for (const code of [
      [0x0f, 0x58, R0_EBX],
      [0x0f, 0x28, R0_EBX],
      [0x0f, 0x29, R0_EBX],
      [0x66, 0x0f, 0xfc, R0_EBX],
      [0x66, 0x0f, 0xe7, R0_EBX],
    ]) {
      expect(guest.exec(...code)).toEqual(GP);
    }
    for (const code of [
      [0x0f, 0x10, R0_EBX],
      [0x0f, 0x11, R0_EBX],
      [0xf3, 0x0f, 0x6f, R0_EBX],
      [0xf2, 0x0f, 0x58, R0_EBX],
    ]) {
      expect(guest.exec(...code)).toBeUndefined();
    }
  });
});
