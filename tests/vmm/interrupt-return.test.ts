import { describe, expect, it } from "vitest";
import { CS, DS, EFLAGS, ES, FS, GS, NMI_BLOCKED, Seg, SS, TR } from "../../src/vmm/cpu/layout.js";
import {
  Access,
  absent,
  BIG,
  CODE,
  CODE0,
  CODE3,
  DATA0,
  DATA3,
  FREE,
  level,
  STACK0,
  STACK3,
  SystemGuest,
  TSS,
  TSS_SELECTOR,
} from "./system-guest.js";

const IRET = 0xcf;
const POPPED_FLAGS = 0x24_7fd7;

/** SDM vol. 2, IRET. */
describe("IRET in protected mode", () => {
  it("returns to the same level: EIP, CS, EFLAGS", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(POPPED_FLAGS, CODE0, 0x1_2345);
    expect(guest.exec(IRET)).toBeUndefined();
    expect([guest.eip, guest.reg(4)]).toEqual([0x1_2345, STACK0]);
    expect(guest.cpu.flags).toBe(POPPED_FLAGS);
  });

  it("returns to an outer level: ESP and SS too, and inner segments are emptied", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(0, DATA3);
    guest.exec(0x8e, 0xe8); // mov gs, ax
    guest.set(0, 3);
    guest.exec(0x8e, 0xe0); // mov fs, ax
    guest.toUser();
    expect([guest.cpu.cpl, guest.eip, guest.reg(4)]).toEqual([3, CODE, STACK3]);
    expect([guest.selector(CS), guest.selector(SS)]).toEqual([CODE3, DATA3]);
    expect([DS, ES, FS, GS].map((n) => guest.selector(n))).toEqual([0, 0, 0, DATA3]);
  });

  it("changes IOPL at CPL 0 only, and IF only where CPL <= IOPL", () => {
    const guest = new SystemGuest().protectedMode().toUser(0x202);
    guest.push(0x3002, CODE3, CODE);
    guest.exec(IRET);
    expect(guest.state.get(EFLAGS)).toBe(0x202);
    const privileged = new SystemGuest().protectedMode().toUser(0x3202);
    privileged.push(0x0002, CODE3, CODE);
    privileged.exec(IRET);
    expect(privileged.state.get(EFLAGS)).toBe(0x3002);
  });

  it("leaves the upper half of EFLAGS alone with a 16-bit operand", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(0x20_0002, CODE0, CODE);
    guest.exec(IRET);
    expect(guest.cpu.flags).toBe(0x20_0002);
    guest.set(4, STACK0 - 6);
    guest.put(STACK0 - 6, (CODE0 << 16) | 0x1234);
    guest.put(STACK0 - 2, 0x0003, 2);
    guest.exec(0x66, IRET);
    expect([guest.eip, guest.cpu.flags]).toEqual([0x1234, 0x20_0003]);
  });

  it.each([
    ["null", 0, Access.code, 13, 0],
    ["data", FREE, Access.data, 13, FREE],
    ["of an inner level", FREE, Access.code, 13, FREE, true],
    ["RPL not DPL", FREE | 3, Access.code, 13, FREE],
    ["not present", FREE, absent(Access.code), 11, FREE],
  ])("refuses a code selector that is %s", (_, selector, access, vector, error, fromUser = false) => {
    const guest = new SystemGuest().protectedMode();
    if (fromUser) guest.toUser();
    guest.descriptor(FREE, 0, 0xfffff, access, BIG);
    guest.push(0x202, selector, CODE);
    const esp = guest.reg(4);
    expect(guest.exec(IRET)).toEqual({ vector, error });
    expect([guest.reg(4), guest.eip]).toEqual([esp, CODE]);
  });

  it.each([
    ["null", 0, 13, 0],
    ["of another level", DATA0, 13, DATA0],
    ["code", CODE3, 13, CODE3 & ~3],
  ])("refuses an outer stack selector that is %s", (_, selector, vector, error) => {
    const guest = new SystemGuest().protectedMode();
    guest.push(selector, STACK3, 0x202, CODE3, CODE);
    expect(guest.exec(IRET)).toEqual({ vector, error });
    expect(guest.cpu.cpl).toBe(0);
  });

  it("loads only SP when the outer stack is a 16-bit one: the upper half of ESP stays", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xffff, Access.data | level(3));
    guest.push(FREE | 3, 0x1234_5678, 0x202, CODE3, CODE);
    guest.exec(IRET);
    expect(guest.reg(4)).toBe(((STACK0 - 20) & 0xffff_0000) | 0x5678);
  });

  it("lets NMIs in again", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.signalNmi();
    guest.cpu.deliverNmi();
    expect(guest.state.get(NMI_BLOCKED)).toBe(1);
    guest.exec(IRET);
    expect(guest.state.get(NMI_BLOCKED)).toBe(0);
  });

  it("with NT goes to the task that the TSS links to; a link to one that isn't busy is #TS", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, TSS + 0x200, 0x67, Access.tss32);
    guest.put(TSS, FREE, 2);
    guest.push(0x4002);
    guest.exec(0x9d); // popf: NT
    expect(guest.exec(IRET)).toEqual({ vector: 10, error: FREE });
    expect(guest.state.segment(TR, Seg.selector)).toBe(TSS_SELECTOR);
  });
});

describe("IRET to virtual-8086 mode (SDM vol. 3, 20.2.2)", () => {
  it("loads all segment registers as 8086 segments and CPL 3", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    expect([guest.cpu.mode, guest.cpu.cpl, guest.eip]).toEqual(["virtual8086", 3, 0]);
    expect(guest.selector(CS)).toBe(CODE >> 4);
    expect(guest.state.segment(GS, Seg.base)).toBe(0x4_0000);
    expect(guest.state.segment(GS, Seg.limit)).toBe(0xffff);
  });

  it("is not possible from CPL 3: VM in the image is ignored", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.push(0x2_0202, CODE3, CODE + 4);
    expect(guest.exec(IRET)).toBeUndefined();
    expect([guest.cpu.mode, guest.eip]).toEqual(["protected", CODE + 4]);
  });
});
