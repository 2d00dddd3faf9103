import { describe, expect, it } from "vitest";
import { EAX, ECX } from "../vmm/system-guest.js";
import { R0_R1, SseGuest } from "./sse-guest.js";

const guest = new SseGuest();
/** xmm0 after an instruction on it and xmm1. */
function xmm(code: number[], a: string, b: string, width = 16): string {
  guest.setXmm(0, a).setXmm(1, b);
  expect(guest.exec(0x66, 0x0f, ...code)).toBeUndefined();
  return guest.xmm(0, width);
}
/** mm0 after an instruction on it and mm1. */
function mmx(code: number[], a: string, b: string): string {
  guest.setMmx(0, a).setMmx(1, b);
  expect(guest.exec(0x0f, ...code)).toBeUndefined();
  return guest.mmx(0);
}
const A = "ff7f0180 00fe7f80 01020304 05060708";
const B = "01010101 02020202 f1f2f3f4 f5f6f7f8";

describe("arithmetic", () => {
  it("saturates or wraps by the instruction", () => {
    expect(mmx([0xfc, R0_R1], "ff7f0180 00fe7f80", "01010101 02020202")).toBe("0080028102008182");
    expect(mmx([0xec, R0_R1], "ff7f0180 00fe7f80", "01010101 02020202")).toBe("007f028102007f82");
    expect(mmx([0xdc, R0_R1], "ff7f0180 00fe7f80", "01010101 02020202")).toBe("ff80028102ff8182");
  });
  it("PMULHW and PMULHUW give high words, PMADDWD sums of products", () => {
    expect(mmx([0xe5, R0_R1], "8000ffff 7fff0002", "8000ffff 7fff8000")).toBe("400000003fffffff");
    expect(mmx([0xe4, R0_R1], "8000ffff 7fff0002", "8000ffff 7fff8000")).toBe("4000fffe3fff0001");
    expect(mmx([0xf5, R0_R1], "80008000 00010002", "80008000 00030004")).toBe("800000000000000b");
  });
  it("PMULUDQ multiplies even doublewords", () => {
    expect(xmm([0xf4, R0_R1], "deadbeefffffffff deadbeef00000003", "deadbeefffffffff deadbeef00000005", 8)).toBe(
      "fffffffe00000001 000000000000000f",
    );
  });
  it("PSADBW sums eight differences", () => {
    expect(xmm([0xf6, R0_R1], "ffffffffffffffff 0102030405060708", "0000000000000000 0807060504030201", 8)).toBe(
      "00000000000007f8 0000000000000020",
    );
  });
  it("PAVGB rounds up", () => {
    expect(mmx([0xe0, R0_R1], "00ff0001", "01ff0202")).toBe("0000000001ff0102");
  });
});

describe("shifts", () => {
  it("by the width or more give zeros, or the sign", () => {
    for (const count of ["10", "ff", "100000000", "8000000000000000"]) {
      expect(mmx([0xf1, R0_R1], "80017fff 00018000", count)).toBe("0000000000000000");
      expect(mmx([0xe1, R0_R1], "80017fff 00018000", count)).toBe("ffff00000000ffff");
    }
    expect(mmx([0x71, 0xe0, 200], "80017fff 00018000", "0")).toBe("ffff00000000ffff");
    expect(mmx([0x73, 0xd0, 64], "80017fff 00018000", "0")).toBe("0000000000000000");
    expect(mmx([0x73, 0xd0, 63], "80017fff 00018000", "0")).toBe("0000000000000001");
  });
  it("of the whole register are by bytes", () => {
    expect(xmm([0x73, 0xd8, 3], A, "0")).toBe("000000ff7f018000fe7f800102030405");
    expect(xmm([0x73, 0xf8, 3], A, "0")).toBe("8000fe7f800102030405060708000000");
    expect(xmm([0x73, 0xf8, 16], A, "0")).toBe("0".repeat(32));
    expect(xmm([0x73, 0xd8, 255], A, "0")).toBe("0".repeat(32));
  });
});

describe("packing and shuffling", () => {
  it("packs with saturation: the destination below, the source above", () => {
    expect(mmx([0x63, R0_R1], "7fff8000 00ff0001", "ff80ff7f 007f0080")).toBe("80807f7f7f807f01");
    expect(mmx([0x67, R0_R1], "7fff8000 00ff0001", "ff80ff7f 01000080")).toBe("0000ff80ff00ff01");
    expect(mmx([0x6b, R0_R1], "00010000 ffff7fff", "00000001 80000000")).toBe("000180007fff8000");
  });
  it("unpacks low and high", () => {
    expect(mmx([0x60, R0_R1], "11223344 55667788", "aabbccdd eeff0011")).toBe("ee55ff6600771188");
    expect(mmx([0x69, R0_R1], "11223344 55667788", "aabbccdd eeff0011")).toBe("aabb1122ccdd3344");
    expect(xmm([0x6c, R0_R1], A, B)).toBe("f1f2f3f4f5f6f7f80102030405060708");
    expect(xmm([0x6d, R0_R1], A, B)).toBe("0101010102020202ff7f018000fe7f80");
  });
  it("shuffles by fields of the immediate", () => {
    expect(xmm([0x70, R0_R1, 0b00_01_10_11], "0", "00000003 00000002 00000001 00000000", 4)).toBe("00000000 00000001 00000002 00000003");
    expect(mmx([0x70, R0_R1, 0b11_11_00_10], "0", "00030002 00010000")).toBe("0003000300000002");
    guest.setXmm(1, "0007000600050004 0003000200010000");
    guest.exec(0xf2, 0x0f, 0x70, R0_R1, 0b00_00_00_11);
    expect(guest.xmm(0, 8)).toBe("0007000600050004 0000000000000003");
    guest.exec(0xf3, 0x0f, 0x70, R0_R1, 0b00_00_00_11);
    expect(guest.xmm(0, 8)).toBe("0004000400040007 0003000200010000");
  });
  it("SHUFPS takes two from each, SHUFPD one", () => {
    guest.setXmm(0, "00000003 00000002 00000001 00000000").setXmm(1, "00000013 00000012 00000011 00000010");
    guest.exec(0x0f, 0xc6, R0_R1, 0b01_11_00_10);
    expect(guest.xmm(0, 4)).toBe("00000011 00000013 00000000 00000002");
    expect(xmm([0xc6, R0_R1, 0b01], A, B)).toBe("f1f2f3f4f5f6f7f8ff7f018000fe7f80");
  });
  it("PINSRW and PEXTRW take the word number modulo the words there are", () => {
    guest.set(ECX, 0xdead_beef);
    expect(mmx([0xc4, R0_R1, 0xfe], "0", "0")).toBe("0000beef00000000");
    expect(xmm([0xc4, R0_R1, 0xfd], "0", "0", 2)).toBe("0000 0000 beef 0000 0000 0000 0000 0000");
    guest.exec(0x66, 0x0f, 0xc5, 0xc0, 5);
    expect(guest.reg(EAX)).toBe(0xbeef);
  });
  it("PMOVMSKB and MOVMSKPS gather signs", () => {
    guest.setXmm(1, "80000000 00000000 ff000000 80808080").setMmx(1, "80007f00 000000ff");
    guest.exec(0x66, 0x0f, 0xd7, R0_R1);
    expect(guest.reg(EAX)).toBe(0b1000_0000_1000_1111);
    guest.exec(0x0f, 0xd7, R0_R1);
    expect(guest.reg(EAX)).toBe(0b1000_0001);
    guest.exec(0x0f, 0x50, R0_R1);
    expect(guest.reg(EAX)).toBe(0b1011);
  });
});

describe("shifts by an immediate", () => {
  const MEMORY = 0x13; // [EBX], /2
  it.each([0x71, 0x72, 0x73])("0F %i have no memory form, with or without 66", (opcode) => {
    expect(guest.exec(0x0f, opcode, MEMORY, 1)).toEqual({ vector: 6, error: -1 });
    expect(guest.exec(0x66, 0x0f, opcode, MEMORY, 1)).toEqual({ vector: 6, error: -1 });
  });
});
