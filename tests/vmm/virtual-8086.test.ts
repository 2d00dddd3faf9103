import { describe, expect, it } from "vitest";
import { CR4, CS, DS, EFLAGS, ES, FS, GS, Seg, SS } from "../../src/vmm/cpu/layout.js";
import { Access, CODE, CODE0, DATA, DATA0, EAX, ESP, HANDLERS, level, STACK0, STACK3, SystemGuest, TSS } from "./system-guest.js";

const GP = { vector: 13, error: 0 };
const VM = 0x2_0000;
const IF = 0x200;
const VIF = 0x8_0000;
const VIP = 0x10_0000;
const IOPL3 = 0x3000;

/** SDM vol. 3, 20.2. */
describe("virtual-8086 mode", () => {
  it("loads segments without descriptors", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    guest.set(EAX, 0x1234);
    expect(guest.exec(0x8e, 0xd8)).toBeUndefined();
    expect([guest.state.segment(DS, Seg.base), guest.state.segment(DS, Seg.limit)]).toEqual([0x1_2340, 0xffff]);
  });

  it("is entered by IRET, which takes 16 bits of each of six selectors (SDM vol. 2, IRET)", () => {
    const guest = new SystemGuest().protectedMode();
    const selectors = [0x1111, 0x2223, 0x3335, 0x4447, 0x5559, 0x666b];
    const [gs, fs, ds, es, ss, cs] = selectors.map((selector) => (0xfffe_0000 | selector) >>> 0);
    guest.push(gs, fs, ds, es, ss, 0x7_8d1f, 0x2_0202, cs, 0x1357);
    expect(guest.exec(0xcf)).toBeUndefined();
    expect([GS, FS, DS, ES, SS, CS].map((n) => guest.selector(n))).toEqual(selectors);
    expect([GS, FS, DS, ES, SS, CS].map((n) => guest.state.segment(n, Seg.base))).toEqual(selectors.map((selector) => 16 * selector));
    expect([guest.eip, guest.reg(ESP), guest.cpu.cpl]).toEqual([0x1357, 0x7_8d1f, 3]);
  });

  it("checks the 64 KiB limit", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    expect(guest.exec(0xa1, 0xff, 0xff)).toEqual(GP);
    expect(guest.exec(0xa0, 0xff, 0xff)).toBeUndefined();
  });

  it.each([
    ["CLI", [0xfa]],
    ["STI", [0xfb]],
    ["PUSHF", [0x9c]],
    ["POPF", [0x9d]],
    ["INT n", [0xcd, 0x21]],
    ["IRET", [0xcf]],
  ])("%s is #GP(0) with IOPL below 3, and works with IOPL 3", (_, code) => {
    expect(
      new SystemGuest()
        .protectedMode()
        .toVirtual8086()
        .exec(...code),
    ).toEqual(GP);
    const trusted = new SystemGuest().protectedMode().toVirtual8086(VM | IOPL3 | 0x202);
    trusted.gate(0x21, Access.interrupt32 | level(3));
    expect(trusted.exec(...code)).toBeUndefined();
  });

  it("INT3 doesn't ask for IOPL", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    guest.gate(3, Access.interrupt32 | level(3));
    expect(guest.exec(0xcc)).toBeUndefined();
    expect(guest.cpu.cpl).toBe(0);
  });

  it("an interrupt leaves it: all segments on the inner stack, then emptied (SDM vol. 3, 20.3.1)", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    guest.cpu.deliverInterrupt(0x30);
    expect([guest.cpu.mode, guest.cpu.cpl, guest.eip, guest.reg(4)]).toEqual(["protected", 0, HANDLERS + 0x300, STACK0 - 36]);
    const data = DATA >> 4;
    expect(Array.from({ length: 9 }, (_, i) => guest.stack(i))).toEqual([0, CODE >> 4, VM | 0x202, 0, STACK3 >> 4, data, data, data, data]);
    expect([guest.selector(DS), guest.selector(CS), guest.selector(SS)]).toEqual([0, CODE0, DATA0]);
    expect(guest.exec(0xcf)).toBeUndefined();
    expect([guest.cpu.mode, guest.selector(DS), guest.eip]).toEqual(["virtual8086", data, 0]);
  });

  it("a handler must be in a level 0 segment: #GP(selector)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(0x40, 0, 0xfffff, Access.conforming, 0xc);
    guest.toVirtual8086();
    guest.gate(3, Access.interrupt32 | level(3), 0x40);
    expect(guest.exec(0xcc)).toEqual({ vector: 13, error: 0x40 });
  });

  it("far transfers load CS as in an 8086", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    expect(guest.exec(0x9a, 0x34, 0x12, 0x00, 0x20)).toBeUndefined();
    expect([guest.selector(CS), guest.eip, guest.stack(0, 2), guest.stack(1, 2)]).toEqual([0x2000, 0x1234, 5, CODE >> 4]);
    expect(guest.exec(0xcb)).toBeUndefined();
    expect([guest.selector(CS), guest.eip]).toEqual([CODE >> 4, 5]);
  });
});

/** SDM vol. 3, 20.3, tables 20-1 and 20-2. */
describe("with CR4.VME", () => {
  const vme = (eflags = VM | 0x202) => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(CR4, 1);
    guest.put(TSS + 0x66, 0x88, 2); // the redirection bitmap is the 32 bytes before
    return guest.toVirtual8086(eflags);
  };

  it("CLI and STI work on VIF", () => {
    const guest = vme();
    expect(guest.exec(0xfb)).toBeUndefined();
    expect(guest.state.get(EFLAGS) & (VIF | IF)).toBe(VIF | IF);
    expect(guest.exec(0xfa)).toBeUndefined();
    expect(guest.state.get(EFLAGS) & (VIF | IF)).toBe(IF);
  });

  it("STI with VIP pending is #GP(0)", () => {
    expect(vme(VM | VIP | 0x202).exec(0xfb)).toEqual(GP);
  });

  it("PUSHF shows VIF as IF and IOPL 3; POPF sets VIF", () => {
    const guest = vme(VM | VIF | 0x202);
    expect(guest.exec(0x9c)).toBeUndefined();
    expect(guest.stack(0, 2)).toBe(0x3202);
    guest.put(guest.state.segment(SS, Seg.base) + (guest.reg(4) & 0xffff), 0x0002, 2);
    expect(guest.exec(0x9d)).toBeUndefined();
    expect(guest.state.get(EFLAGS) & (VIF | IF | IOPL3)).toBe(IF);
    expect(guest.exec(0x66, 0x9c)).toEqual(GP);
  });

  it("POPF that would set TF, or IF with VIP pending, is #GP(0)", () => {
    const guest = vme(VM | VIP | 0x202);
    const top = guest.state.segment(SS, Seg.base);
    guest.put(top, 0x0102, 2);
    expect(guest.exec(0x9d)).toEqual(GP);
    guest.put(top, 0x0202, 2);
    expect(guest.exec(0x9d)).toEqual(GP);
  });

  it("INT n with a clear redirection bit goes through the 8086 vectors", () => {
    const guest = vme(VM | VIF | 0x202);
    guest.put(4 * 0x21, 0x2000_4321);
    expect(guest.exec(0xcd, 0x21)).toBeUndefined();
    expect([guest.cpu.mode, guest.selector(CS), guest.eip]).toEqual(["virtual8086", 0x2000, 0x4321]);
    expect([guest.stack(0, 2), guest.stack(1, 2), guest.stack(2, 2)]).toEqual([2, CODE >> 4, 0x3202]);
    expect(guest.state.get(EFLAGS) & (VIF | IF)).toBe(IF);
    expect(guest.exec(0xcf)).toBeUndefined();
    expect([guest.eip, guest.state.get(EFLAGS) & VIF]).toEqual([2, VIF]);
  });

  it("INT n with a set bit is #GP(0), or goes through its gate with IOPL 3", () => {
    const guest = vme();
    guest.put(TSS + 0x68 + (0x21 >> 3), 1 << (0x21 & 7), 1);
    expect(guest.exec(0xcd, 0x21)).toEqual(GP);
    const trusted = vme(VM | IOPL3 | 0x202);
    trusted.put(TSS + 0x68 + (0x21 >> 3), 1 << (0x21 & 7), 1);
    trusted.gate(0x21, Access.interrupt32 | level(3));
    expect(trusted.exec(0xcd, 0x21)).toBeUndefined();
    expect([trusted.cpu.mode, trusted.eip]).toEqual(["protected", HANDLERS + 0x210]);
  });
});

describe("with CR4.PVI at CPL 3 (SDM vol. 3, 20.4)", () => {
  it("CLI and STI work on VIF; PUSHF and POPF know nothing of it", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(CR4, 2);
    guest.toUser();
    expect(guest.exec(0xfb)).toBeUndefined();
    expect(guest.state.get(EFLAGS) & VIF).toBe(VIF);
    guest.exec(0x9c);
    expect(guest.stack(0) & 0xffff).toBe(0x202);
    expect(guest.exec(0xfa)).toBeUndefined();
    expect(guest.state.get(EFLAGS) & (VIF | IF)).toBe(IF);
  });
});
