import { describe, expect, it } from "vitest";
import { Seg, TR } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { CODE, DATA, DATA3, EAX, ECX, EDI, EDX, ESI, SystemGuest, TSS } from "./system-guest.js";

executes("6C", "6D", "6E", "6F", "E4", "E5", "E6", "E7", "EC", "ED", "EE", "EF");

const IN_AL_DX = [0xec];
const GP = { vector: 13, error: 0 };

/** A bitmap at offset 68h of the TSS with these ports allowed. */
function withMap(...allowed: number[]): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.put(TSS + 0x66, 0x68, 2);
  for (let i = 0; i < 0x200; i++) guest.put(TSS + 0x68 + i, 0xff, 1);
  for (const port of allowed) {
    const at = TSS + 0x68 + (port >> 3);
    guest.put(at, guest.get(at, 1) & ~(1 << (port & 7)), 1);
  }
  return guest.toUser();
}

describe("IN and OUT", () => {
  it("move 1, 2 or 4 bytes by immediate or DX, leaving the rest of EAX", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, 0x1122_3344);
    guest.set(EDX, 0xffff_03f8);
    guest.portValue = 0xa5;
    guest.exec(0xe4, 0x60);
    expect(guest.reg(EAX)).toBe(0x1122_33a5);
    guest.exec(0x66, 0xed);
    expect(guest.reg(EAX)).toBe(0x1122_00a5);
    guest.exec(0xef);
    guest.exec(0xe6, 0x80);
    expect(guest.portLog).toEqual(["in1 60", "in2 3f8", "out4 3f8=112200a5", "out1 80=a5"]);
  });

  it("by every opcode: a byte or the operand size, at DX or an unsigned immediate", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EDX, 0x1_03f8);
    guest.set(EAX, 0x1122_3344);
    guest.exec(0xee); // out dx, al
    guest.exec(0x66, 0xe7, 0xf4); // out 0xf4, ax
    guest.exec(0xe7, 0xf4); // out 0xf4, eax
    guest.portValue = 0x5566_7788;
    guest.exec(0x66, 0xe5, 0xf4); // in ax, 0xf4
    expect(guest.reg(EAX)).toBe(0x1122_7788);
    guest.exec(0xe5, 0xf4); // in eax, 0xf4
    expect(guest.reg(EAX)).toBe(0x5566_7788);
    expect(guest.portLog).toEqual(["out1 3f8=44", "out2 f4=3344", "out4 f4=11223344", "in2 f4", "in4 f4"]);
    expect(guest.eip).toBe(CODE + 1 + 3 + 2 + 3 + 2);
  });
});

/** SDM vol. 1, 18.5. */
describe("permission", () => {
  it("is given by IOPL", () => {
    const guest = new SystemGuest().protectedMode().toUser(0x3202);
    expect(guest.exec(...IN_AL_DX)).toBeUndefined();
  });

  it("or by the bitmap, for every port of the access", () => {
    const guest = withMap(0x60, 0x61, 0x62);
    guest.set(EDX, 0x60);
    expect(guest.exec(...IN_AL_DX)).toBeUndefined();
    expect(guest.exec(0x66, 0xed)).toBeUndefined();
    expect(guest.exec(0xed)).toEqual(GP);
    guest.set(EDX, 0x5f);
    expect(guest.exec(...IN_AL_DX)).toEqual(GP);
    expect(guest.portLog).toEqual(["in1 60", "in2 60"]);
  });

  it("two bytes of the map are looked at, and both must lie within the TSS", () => {
    const guest = withMap(0x60);
    guest.set(EDX, 0x60);
    guest.state.setSegment(TR, Seg.limit, 0x68 + (0x60 >> 3) + 1);
    expect(guest.exec(...IN_AL_DX)).toBeUndefined();
    guest.state.setSegment(TR, Seg.limit, 0x68 + (0x60 >> 3));
    expect(guest.exec(...IN_AL_DX)).toEqual(GP);
  });

  it("looks at every port of a doubleword across two bytes of the map", () => {
    for (const closed of [undefined, 0x66, 0x67, 0x68, 0x69]) {
      const guest = withMap(...[0x66, 0x67, 0x68, 0x69].filter((port) => port !== closed));
      guest.set(EDX, 0x66);
      expect(guest.exec(0xed)).toEqual(closed === undefined ? undefined : GP);
    }
  });

  it("has no map beyond the TSS's limit, nor in a 16-bit TSS", () => {
    for (const change of [
      (g: SystemGuest) => g.put(TSS + 0x66, 0x1000, 2),
      (g: SystemGuest) => g.put(TSS + 0x66, 0xffff, 2),
      (g: SystemGuest) => g.state.setSegment(TR, Seg.limit, 0x66),
      (g: SystemGuest) => g.state.setSegment(TR, Seg.access, 0x1_0083),
    ]) {
      const guest = withMap(0x60);
      guest.set(EDX, 0x60);
      expect(guest.exec(...IN_AL_DX)).toBeUndefined();
      change(guest);
      expect(guest.exec(...IN_AL_DX)).toEqual(GP);
    }
  });

  it("is asked before the operand: OUTS from nowhere is #GP(0) too, and INS reads no port", () => {
    const guest = withMap();
    for (const code of [0x6c, 0x6e]) expect(guest.exec(code)).toEqual(GP);
    expect(guest.portLog).toEqual([]);
  });

  it("is the bitmap's alone in virtual-8086 mode, whatever IOPL says", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086(0x2_3202);
    expect(guest.exec(...IN_AL_DX)).toEqual(GP);
  });
});

describe("INS and OUTS", () => {
  it("move one element an iteration and count ECX, EDI down or up", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EDX, 0x1f0);
    guest.set(EDI, DATA);
    guest.set(ECX, 2);
    guest.portValue = 0xbeef;
    guest.exec(0xf3, 0x66, 0x6d);
    expect([guest.reg(ECX), guest.reg(EDI), guest.eip]).toEqual([1, DATA + 2, CODE]);
    guest.exec(0xf3, 0x66, 0x6d);
    expect([guest.reg(ECX), guest.reg(EDI), guest.eip]).toEqual([0, DATA + 4, CODE + 3]);
    expect([guest.get(DATA), guest.portLog.length]).toEqual([0xbeef_beef, 2]);
  });

  it("OUTSB repeated ends when ECX is 0", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EDX, 0xe9);
    guest.set(ESI, DATA);
    guest.set(ECX, 2);
    guest.bytes(DATA, [0x48, 0x69]);
    guest.exec(0xf3, 0x6e);
    expect([guest.eip, guest.reg(ECX)]).toEqual([CODE, 1]);
    guest.exec(0xf3, 0x6e);
    expect([guest.eip, guest.reg(ECX), guest.reg(ESI)]).toEqual([CODE + 2, 0, DATA + 2]);
    expect(guest.portLog).toEqual(["out1 e9=48", "out1 e9=69"]);
  });

  it("with a count of 0 do nothing", () => {
    const guest = new SystemGuest().protectedMode();
    guest.exec(0xf3, 0x6c);
    expect([guest.portLog, guest.eip]).toEqual([[], CODE + 2]);
  });

  it("INS does not read the port if the destination can't be written", () => {
    const guest = new SystemGuest().protectedMode().toUser(0x3202);
    guest.set(EAX, 0);
    guest.exec(0x8e, 0xc0); // mov es, ax
    expect(guest.exec(0x6c)).toEqual(GP);
    expect(guest.portLog).toEqual([]);
  });

  it("OUTS takes its source from DS or the override, downwards with DF", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EDX, 0x80);
    guest.set(EAX, DATA3);
    guest.put(DATA, 0x1234_5678);
    guest.set(ESI, DATA);
    guest.exec(0xfd);
    guest.exec(0x36, 0x6f); // outsd with SS
    expect([guest.portLog, guest.reg(ESI)]).toEqual([["out4 80=12345678"], DATA - 4]);
  });
});
