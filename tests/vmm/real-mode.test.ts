import { describe, expect, it } from "vitest";
import { CR0, CS, DS, EFLAGS, ES, Seg, SS } from "../../src/vmm/cpu/layout.js";
import { irreversibleSegments } from "../../src/vmm/cpu/reversible.js";
import { CODE, CODE0, DATA, DATA0, EAX, EDX, SystemGuest } from "./system-guest.js";

describe("after RESET (SDM vol. 3, table 9-1)", () => {
  it("EIP FFF0, CS F000 with base FFFF0000, everything else at its defaults", () => {
    const { cpu, state } = new SystemGuest();
    expect([cpu.mode, cpu.eip, state.segment(CS, Seg.selector), state.segment(CS, Seg.base)]).toEqual([
      "real",
      0xfff0,
      0xf000,
      0xffff_0000,
    ]);
    expect([cpu.flags, state.get(CR0), cpu.cpl]).toEqual([2, 0x6000_0010, 0]);
    expect((state.reg(EDX) >> 8) & 15).toBe(6);
  });
});

describe("interrupts (SDM vol. 3, 20.1.4)", () => {
  it("push FLAGS, CS, IP and clear IF and TF; IRET undoes it", () => {
    const guest = new SystemGuest().realMode();
    guest.exec(0xfb);
    guest.put(4 * 0x10, 0x2000_1234);
    guest.exec(0xcd, 0x10);
    expect([guest.selector(CS), guest.eip, guest.state.get(EFLAGS) & 0x200]).toEqual([0x2000, 0x1234, 0]);
    expect([guest.stack(0, 2), guest.stack(1, 2), guest.stack(2, 2)]).toEqual([3, CODE >> 4, 0x202]);
    guest.exec(0xcf);
    expect([guest.selector(CS), guest.eip, guest.cpu.flags]).toEqual([CODE >> 4, 3, 0x202]);
  });

  it("exceptions push no error code", () => {
    const guest = new SystemGuest().realMode();
    guest.put(4 * 13, 0x2000_1234);
    guest.execDelivering(0xa1, 0xff, 0xff); // mov ax, [ffff]: beyond the limit
    expect([guest.eip, guest.stack(0, 2), guest.stack(1, 2)]).toEqual([0x1234, 0, CODE >> 4]);
  });

  it("a handler beyond the limit of CS is #GP, whatever that of SS is (SDM vol. 2, INT n)", () => {
    const guest = new SystemGuest().realMode();
    guest.put(4 * 0x10, 0x2000_1234);
    guest.state.setSegment(CS, Seg.limit, 0x1233);
    expect(guest.exec(0xcd, 0x10)?.vector).toBe(13);
    guest.state.setSegment(CS, Seg.limit, 0x1234);
    guest.state.setSegment(SS, Seg.limit, 0x1233);
    expect(guest.exec(0xcd, 0x10)).toBeUndefined();
    expect(guest.eip).toBe(0x1234);
  });

  it("a vector beyond the limit of IDTR is #GP", () => {
    const guest = new SystemGuest().realMode();
    guest.cpu.state.set(0x120c, 0x42);
    expect(guest.exec(0xcd, 0x10)?.vector).toBe(13);
  });
});

describe("far transfers", () => {
  it("CALL, RET and JMP set CS = selector * 16", () => {
    const guest = new SystemGuest().realMode();
    guest.exec(0x9a, 0x21, 0x43, 0x00, 0x20);
    expect([guest.state.segment(CS, Seg.base), guest.eip, guest.stack(0, 2)]).toEqual([0x2_0000, 0x4321, 5]);
    guest.exec(0xcb);
    expect([guest.selector(CS), guest.eip]).toEqual([CODE >> 4, 5]);
    guest.exec(0x66, 0xea, 0x10, 0, 0, 0, 0x00, 0x30);
    expect([guest.selector(CS), guest.eip]).toEqual([0x3000, 0x10]);
  });
});

describe("between the modes", () => {
  const CODE16 = 0x40;
  const setCr0 = (guest: SystemGuest, pe: number) => {
    guest.set(EAX, 0x10 | pe);
    return guest.exec(0x0f, 0x22, 0xc0);
  };

  it("PE alone leaves CS as it is; a far jump loads a protected one", () => {
    const guest = new SystemGuest().realMode();
    guest.protectedTables();
    setCr0(guest, 1);
    expect([guest.cpu.mode, guest.state.segment(CS, Seg.base), guest.selector(CS)]).toEqual(["protected", CODE, CODE >> 4]);
    expect(guest.exec(0x66, 0xea, 0x00, 0x00, 0x01, 0x00, CODE0, 0)).toBeUndefined();
    expect([guest.selector(CS), guest.eip]).toEqual([CODE0, CODE]);
  });

  it("back in real mode a limit that protected mode loaded stays (big real mode)", () => {
    const guest = new SystemGuest().realMode();
    guest.protectedTables();
    setCr0(guest, 1);
    guest.set(EAX, DATA0);
    guest.exec(0x8e, 0xd8);
    guest.exec(0x8e, 0xc0);
    setCr0(guest, 0);
    guest.set(EAX, 0);
    guest.exec(0x8e, 0xd8);
    expect([guest.state.segment(DS, Seg.base), guest.state.segment(DS, Seg.limit)]).toEqual([0, 0xffff_ffff]);
    guest.put(0x9_0000, 0x77);
    expect(guest.exec(0x67, 0xa0, 0x00, 0x00, 0x09, 0x00)).toBeUndefined();
    expect(guest.reg(EAX, 1)).toBe(0x77);
  });

  it("16-bit protected code and stack work in 16 bits", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(CODE16, CODE, 0xffff, 0x9a);
    guest.descriptor(CODE16 + 8, DATA, 0xffff, 0x92);
    guest.set(EAX, CODE16 + 8);
    guest.exec(0x8e, 0xd0); // mov ss, ax
    guest.set(4, 0x1234_0000);
    expect(guest.exec(0xea, 0x00, 0x01, 0, 0, CODE16, 0)).toBeUndefined();
    expect(guest.eip).toBe(0x100);
    guest.exec(0x50); // push ax: SP wraps
    expect([guest.reg(4), guest.get(DATA + 0xfffe, 2)]).toEqual([0x1234_fffe, CODE16 + 8]);
    expect(guest.selector(SS)).toBe(CODE16 + 8);
  });

  it("segments loaded in the other mode are not reversible", () => {
    const guest = new SystemGuest().realMode();
    guest.protectedTables();
    expect(irreversibleSegments(guest.cpu)).toBe(0);
    setCr0(guest, 1);
    expect(irreversibleSegments(guest.cpu)).toBe(0x3f);
    guest.set(EAX, DATA0);
    guest.exec(0x8e, 0xc0);
    expect(irreversibleSegments(guest.cpu) & (1 << ES)).toBe(0);
  });
});
