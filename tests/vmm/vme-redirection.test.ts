import { describe, expect, it } from "vitest";
import { CR4, CS, EFLAGS, Seg, TR } from "../../src/vmm/cpu/layout.js";
import { Access, CODE, GDT, HANDLERS, level, SystemGuest, TSS, TSS_SELECTOR } from "./system-guest.js";

const GP = { vector: 13, error: 0 };
const VM = 0x2_0000;
const IF = 0x200;
const TF = 0x100;
const NT = 0x4000;
const VIF = 0x8_0000;
const VME = 1;
const VECTOR = 0x21;
/** The I/O map's offset; the redirection bitmap is the 32 bytes before. */
const MAP = 0x88;

interface Setup {
  vme?: boolean;
  iopl?: number;
  bit?: 0 | 1;
  eflags?: number;
}
function program({ vme = true, iopl = 0, bit = 0, eflags = IF }: Setup): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.state.set(CR4, vme ? VME : 0);
  guest.put(TSS + 0x66, MAP, 2);
  guest.put(TSS + MAP - 32 + (VECTOR >> 3), bit << (VECTOR & 7), 1);
  guest.gate(VECTOR, Access.interrupt32 | level(3));
  guest.put(4 * VECTOR, 0x2000_4321);
  return guest.toVirtual8086(VM | (iopl << 12) | eflags);
}
const int = (guest: SystemGuest, vector = VECTOR) => guest.exec(0xcd, vector);
const where = (guest: SystemGuest) => (guest.cpu.isVirtual8086 ? "8086 handler" : "gate");

describe("INT n in virtual-8086 mode (SDM vol. 3, table 20-2)", () => {
  it.each([
    ["method 1", { vme: false, iopl: 3 }, "gate"],
    ["method 2", { vme: false, iopl: 2 }, GP],
    ["method 3", { iopl: 2, bit: 1 }, GP],
    ["method 4", { iopl: 3, bit: 1 }, "gate"],
    ["method 5", { iopl: 3, bit: 0 }, "8086 handler"],
    ["method 6", { iopl: 0, bit: 0 }, "8086 handler"],
  ] as [string, Setup, string | typeof GP][])("%s: %o leads to %o", (_, setup, to) => {
    const guest = program(setup);
    expect(int(guest) ?? where(guest)).toEqual(to);
  });

  it("method 5 pushes FLAGS as they are and clears IF and TF", () => {
    const guest = program({ iopl: 3, eflags: IF | VIF | NT });
    int(guest);
    expect([guest.selector(CS), guest.eip]).toEqual([0x2000, 0x4321]);
    expect([guest.stack(0, 2), guest.stack(1, 2), guest.stack(2, 2)]).toEqual([2, CODE >> 4, 0x7202]);
    expect(guest.state.get(EFLAGS) & (IF | TF | VIF)).toBe(VIF);
  });

  it.each([
    ["VIF set", VIF, 0x3202],
    ["VIF clear", 0, 0x3002],
  ])("method 6 pushes VIF in the place of IF, and IOPL 3; it clears VIF and leaves IF alone: %s", (_, vif, image) => {
    const guest = program({ eflags: IF | vif });
    int(guest);
    expect(guest.stack(2, 2)).toBe(image);
    expect(guest.state.get(EFLAGS) & (IF | VIF)).toBe(IF);
  });
});

describe("the redirection bitmap", () => {
  it.each([
    ["a vector whose byte lies before the TSS", (g: SystemGuest) => g.put(TSS + 0x66, 31 - (VECTOR >> 3), 2)],
    ["one beyond the TSS's limit", (g: SystemGuest) => g.state.setSegment(TR, Seg.limit, MAP - 32 + (VECTOR >> 3) - 1)],
    ["a TSS without an I/O map's offset", (g: SystemGuest) => g.state.setSegment(TR, Seg.limit, 0x66)],
    ["a 16-bit TSS", (g: SystemGuest) => g.state.setSegment(TR, Seg.access, 0x1_0083)],
  ])("has all bits set: %s", (_, change) => {
    const guest = program({});
    change(guest);
    expect(int(guest)).toEqual(GP);
  });

  it("is 256 bits long: the last is that of vector 255", () => {
    const guest = program({});
    guest.put(TSS + MAP - 1, 0x80, 1);
    expect(int(guest, 0xff)).toEqual(GP);
    guest.put(TSS + MAP - 1, 0x7f, 1);
    expect(int(guest, 0xff)).toBeUndefined();
  });

  it("is not asked by INT3 and INTO, which go through their gates whatever IOPL is (SDM vol. 2, INT n)", () => {
    for (const [vector, code] of [
      [3, 0xcc],
      [4, 0xce],
    ]) {
      const guest = program({});
      guest.gate(vector, Access.interrupt32 | level(3));
      guest.cpu.setFlags(0x800, 0x800);
      expect(guest.exec(code)).toBeUndefined();
      expect([where(guest), guest.eip]).toEqual(["gate", HANDLERS + 16 * vector]);
    }
  });

  it("is not asked by interrupts and exceptions", () => {
    const guest = program({});
    guest.cpu.deliverInterrupt(VECTOR);
    expect(where(guest)).toBe("gate");
  });
});

describe("a redirected interrupt that can't be delivered", () => {
  it("is #SS(0) without room on the stack, and nothing changes", () => {
    const guest = program({});
    guest.set(4, 1);
    expect(int(guest)).toEqual({ vector: 12, error: 0 });
    expect([guest.eip, guest.reg(4), guest.get(GDT + TSS_SELECTOR + 5, 1)]).toEqual([0, 1, 0x8b]);
  });
});
