import { describe, expect, it } from "vitest";
import { CS, DS, EFLAGS, FS, GDTR_BASE, GDTR_LIMIT, SS, TR } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import {
  Access,
  BIG,
  CODE,
  CODE0,
  CODE3,
  DATA,
  DATA0,
  DATA3,
  EAX,
  FREE,
  GDT,
  IDT,
  LDT_SELECTOR,
  level,
  STACK3,
  SystemGuest,
  TSS_SELECTOR,
} from "./system-guest.js";

executes("0F 00 /0", "0F 00 /1", "0F 01 /0", "0F 01 /1", "0F 01 /4", "0F 33", "F4", "FA", "FB");

/**
 * The instructions that are sensitive and don't trap (facts of the original monitor; Intel SDM vol. 2): at CPL 3 they show or change privileged
 * state. What a guest sees must be what bare hardware shows: its own tables, flags and levels.
 */
const user = () => new SystemGuest().protectedMode().toUser();
const ZF = 0x40;

describe("sensitive unprivileged instructions at CPL 3", () => {
  it("SGDT stores the guest's own GDTR", () => {
    const guest = user();
    guest.set(EAX, DATA3);
    guest.exec(0x8e, 0xd8); // mov ds, ax
    expect(guest.exec(0x0f, 0x01, 0x05, 0, 0, 4, 0)).toBeUndefined();
    expect([guest.get(DATA, 2), guest.get(DATA + 2)]).toEqual([guest.state.get(GDTR_LIMIT), GDT]);
    expect(guest.state.get(GDTR_BASE)).toBe(GDT);
  });

  it("SIDT stores the guest's own IDTR", () => {
    const guest = user();
    guest.set(EAX, DATA3);
    guest.exec(0x8e, 0xd8);
    expect(guest.exec(0x0f, 0x01, 0x0d, 0, 0, 4, 0)).toBeUndefined();
    expect([guest.get(DATA, 2), guest.get(DATA + 2)]).toEqual([0x7ff, IDT]);
  });

  it("SLDT gives the LDT's selector", () => {
    const guest = user();
    guest.set(EAX, 0xffff_ffff);
    expect(guest.exec(0x0f, 0x00, 0xc0)).toBeUndefined();
    expect(guest.reg(EAX)).toBe(LDT_SELECTOR);
  });

  it("STR gives the task register's selector", () => {
    const guest = user();
    guest.set(EAX, 0xffff_ffff);
    expect(guest.exec(0x0f, 0x00, 0xc8)).toBeUndefined();
    expect(guest.reg(EAX)).toBe(TSS_SELECTOR);
  });

  it("SMSW gives CR0 with PE", () => {
    const guest = user();
    expect(guest.exec(0x0f, 0x01, 0xe0)).toBeUndefined();
    expect(guest.reg(EAX) & 1).toBe(1);
  });

  it("PUSHF shows IF and IOPL as they are", () => {
    const guest = new SystemGuest().protectedMode().toUser(0x1202);
    expect(guest.exec(0x9c)).toBeUndefined();
    expect(guest.stack(0)).toBe(0x1202);
  });

  it("POPF leaves IF and IOPL alone without a fault", () => {
    const guest = user();
    guest.push(0x3002);
    expect(guest.exec(0x9d)).toBeUndefined();
    expect(guest.state.get(EFLAGS)).toBe(0x202);
  });

  it("IRET leaves IF and IOPL alone without a fault", () => {
    const guest = user();
    guest.push(0x3002, CODE3, CODE);
    expect(guest.exec(0xcf)).toBeUndefined();
    expect(guest.state.get(EFLAGS)).toBe(0x202);
  });

  it("LAR sees the guest's descriptors, and only visible ones", () => {
    const guest = user();
    guest.set(EAX, DATA3);
    guest.exec(0x0f, 0x02, 0xd8); // lar ebx, eax
    expect([guest.reg(3), guest.cpu.flags & ZF]).toEqual([0x00cf_f300, ZF]);
    guest.set(EAX, DATA0);
    guest.exec(0x0f, 0x02, 0xd8);
    expect([guest.reg(3), guest.cpu.flags & ZF]).toEqual([0x00cf_f300, 0]);
  });

  it("LSL sees the guest's limits", () => {
    const guest = user();
    guest.set(EAX, DATA3);
    guest.exec(0x0f, 0x03, 0xd8);
    expect([guest.reg(3), guest.cpu.flags & ZF]).toEqual([0xffff_ffff, ZF]);
  });

  it("VERR tells what CPL 3 may read", () => {
    const guest = user();
    for (const [selector, zf] of [
      [DATA3, ZF],
      [CODE3, ZF],
      [DATA0, 0],
      [0, 0],
    ]) {
      guest.set(EAX, selector);
      expect(guest.exec(0x0f, 0x00, 0xe0)).toBeUndefined();
      expect(guest.cpu.flags & ZF).toBe(zf);
    }
  });

  it("VERW tells what CPL 3 may write", () => {
    const guest = user();
    for (const [selector, zf] of [
      [DATA3, ZF],
      [CODE3, 0],
      [DATA0, 0],
    ]) {
      guest.set(EAX, selector);
      expect(guest.exec(0x0f, 0x00, 0xe8)).toBeUndefined();
      expect(guest.cpu.flags & ZF).toBe(zf);
    }
  });

  it("MOV from a segment register shows the true CPL in CS", () => {
    const guest = user();
    guest.set(EAX, 0xffff_ffff);
    expect(guest.exec(0x8c, 0xc8)).toBeUndefined();
    expect(guest.reg(EAX)).toBe(CODE3);
  });

  it("MOV from a segment register writes 16 bits to memory", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(DATA, 0xffff_ffff);
    expect(guest.exec(0x8c, 0x15, 0, 0, 4, 0)).toBeUndefined(); // mov [DATA], ss
    expect(guest.get(DATA)).toBe((0xffff_0000 | DATA0) >>> 0);
  });

  it("MOV to a segment register looks at the guest's table and level", () => {
    const guest = user();
    guest.descriptor(FREE, 0x1234, 0xfff, Access.data | level(3));
    guest.set(EAX, FREE | 3);
    expect(guest.exec(0x8e, 0xe0)).toBeUndefined();
    expect(guest.selector(FS)).toBe(FREE | 3);
    guest.set(EAX, DATA0);
    expect(guest.exec(0x8e, 0xe0)).toEqual({ vector: 13, error: DATA0 });
  });

  it("PUSH of a segment register shows the true RPL", () => {
    const guest = user();
    expect(guest.exec(0x16)).toBeUndefined();
    expect([guest.stack(0), guest.selector(SS)]).toEqual([DATA3, DATA3]);
  });

  it("POP to a segment register, and ESP stays if it faults", () => {
    const guest = user();
    guest.push(DATA3);
    expect(guest.exec(0x1f)).toBeUndefined();
    expect([guest.selector(DS), guest.reg(4)]).toEqual([DATA3, STACK3]);
    guest.push(DATA0);
    expect(guest.exec(0x1f)).toEqual({ vector: 13, error: DATA0 });
    expect(guest.reg(4)).toBe(STACK3 - 4);
  });

  it("far CALL to an inner level without a gate: #GP", () => {
    expect(user().exec(0x9a, 0, 0, 0, 0, CODE0, 0)).toEqual({ vector: 13, error: CODE0 });
  });

  it("far JMP to an inner level without a gate: #GP", () => {
    expect(user().exec(0xea, 0, 0, 0, 0, CODE0, 0)).toEqual({ vector: 13, error: CODE0 });
  });

  it("far RET to a conforming segment keeps CPL 3", () => {
    const guest = user();
    guest.descriptor(FREE, 0, 0xfffff, Access.conforming, BIG);
    guest.push(FREE | 3, 0x4444);
    expect(guest.exec(0xcb)).toBeUndefined();
    expect([guest.cpu.cpl, guest.selector(CS), guest.eip]).toEqual([3, FREE | 3, 0x4444]);
  });

  it("INT n obeys the gate's DPL", () => {
    const guest = user();
    expect(guest.exec(0xcd, 0x40)).toEqual({ vector: 13, error: 0x40 * 8 + 2 });
    guest.gate(0x40, Access.interrupt32 | level(3));
    expect(guest.exec(0xcd, 0x40)).toBeUndefined();
    expect([guest.cpu.cpl, guest.selector(TR)]).toEqual([0, TSS_SELECTOR]);
  });
});

describe("privileged instructions at CPL 3 are #GP(0) (SDM vol. 3, 5.9)", () => {
  it.each([
    ["LGDT", [0x0f, 0x01, 0x15, 0, 0, 4, 0]],
    ["LIDT", [0x0f, 0x01, 0x1d, 0, 0, 4, 0]],
    ["LLDT", [0x0f, 0x00, 0xd0]],
    ["LTR", [0x0f, 0x00, 0xd8]],
    ["LMSW", [0x0f, 0x01, 0xf0]],
    ["CLTS", [0x0f, 0x06]],
    ["HLT", [0xf4]],
    ["INVLPG", [0x0f, 0x01, 0x38]],
    ["INVD", [0x0f, 0x08]],
    ["WBINVD", [0x0f, 0x09]],
    ["RDMSR", [0x0f, 0x32]],
    ["WRMSR", [0x0f, 0x30]],
    ["RDPMC", [0x0f, 0x33]],
    ["SYSEXIT", [0x0f, 0x35]],
    ["MOV from DR", [0x0f, 0x21, 0xc0]],
    ["MOV to DR", [0x0f, 0x23, 0xc0]],
    ["CLI", [0xfa]],
    ["STI", [0xfb]],
    ["IN", [0xec]],
    ["OUT", [0xe6, 0x80]],
  ])("%s", (_, bytes) => {
    const guest = user();
    expect(guest.exec(...bytes)).toEqual({ vector: 13, error: 0 });
    expect(guest.eip).toBe(CODE);
  });
});
