import { describe, expect, it } from "vitest";
import { Access, BIG, CODE0, DATA0, EAX, EBX, FREE, SystemGuest } from "./system-guest.js";

const ZF = 0x40;
const LAR = [0x0f, 0x02, 0xd8]; // ebx, eax
const LSL = [0x0f, 0x03, 0xd8];

function ask(guest: SystemGuest, selector: number, ...code: number[]): { zf: boolean; ebx: number } {
  guest.set(EAX, selector);
  guest.set(EBX, 0xdead_beef);
  expect(guest.exec(...code)).toBeUndefined();
  return { zf: (guest.cpu.flags & ZF) !== 0, ebx: guest.reg(EBX) };
}

/** SDM vol. 2, LAR and LSL: which descriptor types they take. */
describe("LAR and LSL", () => {
  it.each([
    [1, true, true],
    [2, true, true],
    [3, true, true],
    [4, true, false],
    [5, true, false],
    [6, false, false],
    [7, false, false],
    [8, false, false],
    [9, true, true],
    [11, true, true],
    [12, true, false],
    [14, false, false],
    [15, false, false],
  ])("system type %i", (type, lar, lsl) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0x1_2345, 0x80 | type);
    expect(ask(guest, FREE, ...LAR)).toEqual(lar ? { zf: true, ebx: ((0x80 | type) << 8) | 0x1_0000 } : { zf: false, ebx: 0xdead_beef });
    expect(ask(guest, FREE, ...LSL)).toEqual(lsl ? { zf: true, ebx: 0x1_2345 } : { zf: false, ebx: 0xdead_beef });
  });

  it("LSL applies granularity, LAR masks what isn't rights", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0x1234_5678, 0xfffff, Access.data, BIG);
    expect(ask(guest, FREE, ...LSL).ebx).toBe(0xffff_ffff);
    expect(ask(guest, FREE, ...LAR).ebx).toBe(0x00cf_9200);
  });

  it("write 16 bits with a 16-bit operand", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xfffff, Access.data, BIG);
    expect(ask(guest, FREE, 0x66, ...LSL).ebx).toBe(0xdead_ffff);
    expect(ask(guest, FREE, 0x66, ...LAR).ebx).toBe(0xdead_9200);
  });

  it("say no to null selectors, to those beyond the table, and to too high an RPL", () => {
    const guest = new SystemGuest().protectedMode();
    for (const selector of [0, 3, 0x1000, DATA0 | 3]) expect(ask(guest, selector, ...LAR).zf).toBe(false);
    guest.descriptor(FREE, 0, 0, Access.conforming);
    expect(ask(guest, FREE | 3, ...LAR).zf).toBe(true);
  });
});

describe("VERR and VERW", () => {
  it.each([
    ["data", Access.data, true, true],
    ["read-only data", Access.readOnly, true, false],
    ["readable code", Access.code, true, false],
    ["execute-only code", Access.executeOnly, false, false],
    ["a system segment", Access.ldt, false, false],
  ])("%s", (_, access, readable, writable) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xffff, access);
    expect(ask(guest, FREE, 0x0f, 0x00, 0xe0).zf).toBe(readable);
    expect(ask(guest, FREE, 0x0f, 0x00, 0xe8).zf).toBe(writable);
  });
});

describe("ARPL", () => {
  it("raises the RPL of the destination to that of the source, never lowers it", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EBX, 3);
    expect(ask(guest, CODE0, 0x63, 0xc3).zf).toBe(false); // arpl bx, ax; bx was set to beef: RPL 3
    guest.set(EAX, CODE0);
    guest.set(EBX, 2);
    guest.exec(0x63, 0xd8); // arpl ax, bx
    expect([guest.reg(EAX), guest.cpu.flags & ZF]).toEqual([CODE0 | 2, ZF]);
  });
});

describe("outside protected mode", () => {
  it.each([
    ["LAR", LAR],
    ["LSL", LSL],
    ["VERR", [0x0f, 0x00, 0xe0]],
    ["VERW", [0x0f, 0x00, 0xe8]],
    ["ARPL", [0x63, 0xd8]],
    ["SLDT", [0x0f, 0x00, 0xc0]],
    ["STR", [0x0f, 0x00, 0xc8]],
    ["LLDT", [0x0f, 0x00, 0xd0]],
    ["LTR", [0x0f, 0x00, 0xd8]],
  ])("%s is #UD in real and virtual-8086 mode", (_, code) => {
    expect(new SystemGuest().realMode().exec(...code)?.vector).toBe(6);
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    expect(guest.exec(...code)?.vector).toBe(6);
  });
});
