import { describe, expect, it } from "vitest";
import { CR3, CS, GDTR_BASE, SS } from "../../src/vmm/cpu/layout.js";
import { Access, BIG, CODE, CODE0, DATA, EAX, EBX, EDI, ESI, ESP, FREE, GDT, SystemGuest } from "./system-guest.js";

const AT_END = { vector: 13 };
const STACK_FAULT = { vector: 12 };

/** SDM vol. 3, 20.1.1 and 22.31: offsets of more than one byte do not wrap at 64 KiB, they are faults; pointers do. */
describe("64 KiB in real mode", () => {
  it.each([
    ["a word", [0xa1, 0xff, 0xff], AT_END],
    ["a doubleword", [0x66, 0xa1, 0xfd, 0xff], AT_END],
    ["a word to be written", [0xc7, 0x06, 0xff, 0xff, 0, 0], AT_END],
    ["a word to be changed", [0xff, 0x06, 0xff, 0xff], AT_END],
    ["a far pointer whose selector lies beyond", [0xc4, 0x06, 0xfe, 0xff], AT_END],
    ["a word of the stack segment", [0x36, 0xa1, 0xff, 0xff], STACK_FAULT],
  ])("%s at the end of its segment is a fault", (_, code, fault) => {
    expect(new SystemGuest().realMode().exec(...code)).toMatchObject(fault);
  });

  it("the last byte and the last word may be used", () => {
    const guest = new SystemGuest().realMode();
    expect(guest.exec(0xa0, 0xff, 0xff)).toBeUndefined();
    expect(guest.exec(0xa1, 0xfe, 0xff)).toBeUndefined();
  });

  it("an address computed from registers wraps", () => {
    const guest = new SystemGuest().realMode();
    guest.put(DATA + 0xe, 0x1234, 2);
    guest.set(EBX, 0xfff0);
    guest.set(ESI, 0x1e);
    expect(guest.exec(0x8b, 0x00)).toBeUndefined(); // mov ax, [bx + si]
    expect(guest.reg(EAX, 2)).toBe(0x1234);
  });

  it("SP wraps from 0 to FFFE, but a push at SP 1 is #SS", () => {
    const guest = new SystemGuest().realMode();
    guest.set(ESP, 0xabcd_0000);
    expect(guest.exec(0x50)).toBeUndefined();
    expect(guest.reg(ESP)).toBe(0xabcd_fffe);
    guest.set(ESP, 1);
    expect(guest.exec(0x50)).toMatchObject(STACK_FAULT);
    expect(guest.reg(ESP)).toBe(1);
  });

  it("a pop at SP FFFE wraps to 0, one at FFFF is #SS", () => {
    const guest = new SystemGuest().realMode();
    guest.set(ESP, 0xfffe);
    expect(guest.exec(0x58)).toBeUndefined();
    expect(guest.reg(ESP, 2)).toBe(0);
    guest.set(ESP, 0xffff);
    expect(guest.exec(0x58)).toMatchObject(STACK_FAULT);
  });

  it("an INT whose frame doesn't fit at SP 5 is #SS, and #SS then has no room either: shutdown", () => {
    const guest = new SystemGuest().realMode();
    guest.set(ESP, 5);
    expect(guest.exec(0xcd, 0x10)).toMatchObject(STACK_FAULT);
    expect(guest.execDelivering(0xcd, 0x10)).toBe(false);
  });

  it("a relative jump wraps; a 32-bit one beyond the limit is #GP", () => {
    const guest = new SystemGuest().realMode();
    guest.cpu.eip = 0xfff0;
    expect(guest.exec(0xeb, 0x20)).toBeUndefined();
    expect(guest.eip).toBe(0x12);
    guest.cpu.eip = 0xfff0;
    expect(guest.exec(0x66, 0xe9, 0x20, 0, 0, 0)).toMatchObject(AT_END);
  });

  it("string instructions wrap their index registers, element by element", () => {
    const guest = new SystemGuest().realMode();
    guest.set(EDI, 0x1234_fffe);
    guest.set(1, 2);
    guest.set(EAX, 0x5566);
    guest.exec(0xf3, 0xab); // rep stosw
    guest.exec(0xf3, 0xab);
    expect([guest.reg(EDI), guest.get(DATA + 0xfffe, 2), guest.get(DATA, 2)]).toEqual([0x1234_0002, 0x5566, 0x5566]);
  });
});

describe("1 MiB", () => {
  /** DS at FFFF0, whose offset 10 is 100000 (or 0 with A20 masked). */
  function atTop(a20: boolean): SystemGuest {
    const guest = new SystemGuest(2 << 20).realMode();
    guest.mmu.setA20(a20);
    guest.set(EAX, 0xffff);
    guest.exec(0x8e, 0xd8);
    return guest;
  }

  it.each([
    [true, 0x10_0000],
    [false, 0x0],
  ])("segment FFFF reaches beyond it with A20 %s", (a20, physical) => {
    const guest = atTop(a20);
    guest.put(physical, 0x77, 1);
    expect(guest.exec(0xa0, 0x10, 0x00)).toBeUndefined();
    expect(guest.reg(EAX, 1)).toBe(0x77);
    guest.exec(0xc6, 0x06, 0x11, 0x00, 0x88);
    expect(guest.get(physical + 1, 1)).toBe(0x88);
  });

  it("a change of A20 is seen by the next access, and by the next fetch", () => {
    const guest = atTop(true);
    guest.put(0x10_0000, 0x11, 1);
    guest.mmu.setA20(false);
    guest.put(0, 0x22, 1);
    guest.mmu.setA20(true);
    guest.exec(0xa0, 0x10, 0x00);
    expect(guest.reg(EAX, 1)).toBe(0x11);
    guest.mmu.setA20(false);
    guest.exec(0xa0, 0x10, 0x00);
    expect(guest.reg(EAX, 1)).toBe(0x22);
    guest.mmu.setA20(true);
    guest.bytes(0x10_0100, [0xb0, 0x01]); // mov al, 1
    guest.bytes(0x100, [0xb0, 0x02]);
    guest.state.setSegment(CS, 4, 0xf_fff0);
    for (const [a20, value] of [
      [true, 1],
      [false, 2],
    ] as const) {
      guest.mmu.setA20(a20);
      guest.cpu.eip = 0x110;
      guest.interpreter.step();
      expect(guest.reg(EAX, 1)).toBe(value);
    }
  });

  it("descriptor tables and page tables are masked like everything else", () => {
    const guest = new SystemGuest(2 << 20).protectedMode();
    guest.descriptor(FREE, 0x1234, 0xffff, Access.data);
    guest.mmu.setA20(false);
    guest.state.set(GDTR_BASE, 0x10_0000 + GDT);
    guest.set(EAX, FREE);
    expect(guest.exec(0x8e, 0xe0)).toBeUndefined(); // mov fs, ax
    guest.put(0x6_0000, 0x16_1003); // a table at 1 MiB + 61000
    for (let i = 0; i < 0x100; i++) guest.put(0x6_1000 + 4 * i, 0x10_0003 | (i << 12)); // frames 1 MiB higher
    guest.state.set(CR3, 0x16_0000);
    guest.set(EAX, 0x8000_0011);
    guest.exec(0x0f, 0x22, 0xc0);
    guest.put(DATA, 0x600d_600d);
    expect(guest.exec(0xa1, 0, 0, 4, 0)).toBeUndefined();
    expect(guest.reg(EAX)).toBe(0x600d_600d);
  });
});

describe("4 GiB", () => {
  it("an operand of a flat segment that runs over it is #GP(0), of the stack #SS(0)", () => {
    const guest = new SystemGuest().protectedMode();
    expect(guest.exec(0xa1, 0xff, 0xff, 0xff, 0xff)).toEqual({ vector: 13, error: 0 });
    guest.set(ESP, 0xffff_fffe);
    expect(guest.exec(0x58)).toEqual({ vector: 12, error: 0 });
    guest.set(ESP, 2);
    expect(guest.exec(0x50)).toEqual({ vector: 12, error: 0 });
  });

  it("base plus offset wraps", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0xffff_f000, 0xfffff, Access.data, BIG);
    guest.set(EAX, FREE);
    guest.exec(0x8e, 0xe0);
    guest.put(DATA, 0x1234_5678);
    expect(guest.exec(0x64, 0xa1, 0x00, 0x10, 0x04, 0x00)).toBeUndefined(); // mov eax, fs:[41000]
    expect(guest.reg(EAX)).toBe(0x1234_5678);
  });

  it("a push at ESP 0 goes to FFFFFFFC", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(ESP, 0);
    expect(guest.exec(0x50)).toBeUndefined();
    expect([guest.reg(ESP), guest.selector(SS), guest.selector(CS), guest.eip]).toEqual([0xffff_fffc, 0x10, CODE0, CODE + 1]);
  });
});
