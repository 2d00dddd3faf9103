import { describe, expect, it } from "vitest";
import { CS, EFLAGS, Seg, SS, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { CODE0, CODE3, DATA0, DATA3, ECX, EDX, STACK0, STACK3, SystemGuest } from "./system-guest.js";

executes("0F 34", "0F 35");

const SYSENTER = [0x0f, 0x34];
const SYSEXIT = [0x0f, 0x35];

function prepared(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.state.set(SYSENTER_CS, CODE0);
  guest.state.set(SYSENTER_EIP, 0x1_8000);
  guest.state.set(SYSENTER_ESP, STACK0 - 0x100);
  return guest;
}

/** SDM vol. 2, SYSENTER and SYSEXIT. */
describe("SYSENTER", () => {
  it("goes to CPL 0 with flat segments from the MSR and IF clear", () => {
    const guest = prepared().toUser();
    expect(guest.exec(...SYSENTER)).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.reg(4), guest.selector(CS), guest.selector(SS)]).toEqual([
      0,
      0x1_8000,
      STACK0 - 0x100,
      CODE0,
      DATA0,
    ]);
    expect(guest.state.get(EFLAGS) & 0x200).toBe(0);
    expect([guest.state.segment(SS, Seg.limit), guest.state.segment(SS, Seg.base)]).toEqual([0xffff_ffff, 0]);
  });

  it("is #GP(0) with a null MSR and in real mode", () => {
    const guest = prepared();
    guest.state.set(SYSENTER_CS, 3);
    expect(guest.exec(...SYSENTER)).toEqual({ vector: 13, error: 0 });
    expect(new SystemGuest().realMode().exec(...SYSENTER)?.vector).toBe(13);
  });
});

describe("SYSEXIT", () => {
  it("goes to CPL 3 with EIP from EDX and ESP from ECX", () => {
    const guest = prepared();
    guest.set(EDX, 0x1_9000);
    guest.set(ECX, STACK3);
    expect(guest.exec(...SYSEXIT)).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.reg(4), guest.selector(CS), guest.selector(SS)]).toEqual([3, 0x1_9000, STACK3, CODE3, DATA3]);
  });
});
