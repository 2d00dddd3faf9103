import { describe, expect, it } from "vitest";
import { CR4, SYSENTER_ESP } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { EAX, EBX, ECX, EDX, SystemGuest } from "./system-guest.js";

executes("0F 30", "0F 31", "0F 32", "0F A2");

function cpuid(guest: SystemGuest, leaf: number): number[] {
  guest.set(EAX, leaf);
  guest.exec(0x0f, 0xa2);
  return [EAX, EBX, ECX, EDX].map((n) => guest.reg(n));
}
const text = (...words: number[]) => Buffer.from(new Uint32Array(words).buffer).toString("latin1").replace(/\0+$/, "");

describe("CPUID", () => {
  const guest = new SystemGuest().protectedMode();

  it("names a maker, a model that Linux knows not to speculate, and a hypervisor", () => {
    const [highest, b, c, d] = cpuid(guest, 0);
    expect([highest, text(b, d, c)]).toEqual([0x16, "GenuineIntel"]);
    const [signature, , features] = cpuid(guest, 1);
    expect([(signature >> 8) & 15, ((signature >> 12) & 0xf0) | ((signature >> 4) & 15)]).toEqual([6, 0x1c]);
    expect(signature & 15).toBeGreaterThanOrEqual(3);
    expect(features >>> 31).toBe(1);
    const [, hb, hc, hd] = cpuid(guest, 0x4000_0000);
    expect(text(hb, hc, hd)).toBe("Worldswitch");
  });

  it("announces no APIC, MCE, MTRR or PAT, whose registers don't exist", () => {
    expect(cpuid(guest, 1)[3] & ((1 << 9) | (1 << 7) | (1 << 12) | (1 << 16))).toBe(0);
  });

  it("announces no-execute pages, and nothing of 64-bit mode", () => {
    expect(cpuid(guest, 0x8000_0000)[0]).toBe(0x8000_0008);
    expect(cpuid(guest, 0x8000_0001)).toEqual([0, 0, 0, 1 << 20]);
  });

  it("gives zero for leaves that are not there", () => {
    for (const leaf of [2, 0x17, 0x4000_0001, 0x8000_0009, 0xffff_ffff]) expect(cpuid(guest, leaf)).toEqual([0, 0, 0, 0]);
  });

  it("says the frequency of the TSC: crystal times ratio, and in MHz", () => {
    const guest = new SystemGuest().protectedMode();
    const [denominator, numerator, crystal] = cpuid(guest, 0x15);
    const [base, maximum, bus] = cpuid(guest, 0x16);
    expect((crystal * numerator) / denominator).toBe(base * 1_000_000);
    expect([maximum, bus]).toEqual([base, crystal / 1_000_000]);
    expect(base).toBeGreaterThan(0);
  });

  it("gives the highest extended leaf, and zero beside it", () => {
    const guest = new SystemGuest().protectedMode();
    expect(cpuid(guest, 0x8000_0000)).toEqual([0x8000_0008, 0, 0, 0]);
  });

  it("has one subleaf of leaf 7", () => {
    guest.set(ECX, 0);
    expect(cpuid(guest, 7)[1]).toBe(0x0240);
    guest.set(ECX, 1);
    expect(cpuid(guest, 7)).toEqual([0, 0, 0, 0]);
  });

  it("announces fast REP MOVSB and STOSB, and has fast strings enabled: with them off, Linux forgets the announcement", () => {
    guest.set(ECX, 0);
    expect(cpuid(guest, 7)[1] & (1 << 9)).not.toBe(0);
    guest.set(ECX, 0x1a0);
    guest.exec(0x0f, 0x32);
    expect(guest.reg(EAX) & 1).toBe(1);
  });

  it("works at CPL 3", () => {
    expect(cpuid(new SystemGuest().protectedMode().toUser(), 0)[0]).toBe(0x16);
  });
});

describe("MSRs (SDM vol. 4)", () => {
  const RDMSR = [0x0f, 0x32];
  const WRMSR = [0x0f, 0x30];
  const access = (guest: SystemGuest, msr: number, code: number[]) => {
    guest.set(ECX, msr);
    return guest.exec(...code);
  };

  it("hold the SYSENTER addresses", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, 0x1234_5678);
    expect(access(guest, 0x175, WRMSR)).toBeUndefined();
    expect(guest.state.get(SYSENTER_ESP)).toBe(0x1234_5678);
    guest.set(EAX, 0);
    access(guest, 0x175, RDMSR);
    expect([guest.reg(EAX), guest.reg(EDX)]).toEqual([0x1234_5678, 0]);
  });

  it("the TSC is RDTSC's counter", () => {
    const guest = new SystemGuest().protectedMode();
    guest.exec(0x0f, 0x31);
    expect([guest.reg(EDX), guest.reg(EAX)]).toEqual([1, 0x2345_6789]);
    guest.set(EAX, 5);
    guest.set(EDX, 6);
    access(guest, 0x10, WRMSR);
    access(guest, 0x10, RDMSR);
    expect([guest.reg(EDX), guest.reg(EAX)]).toEqual([6, 5]);
  });

  it.each([0x17, 0x8b, 0x1a0])("0x%s reads harmlessly", (msr) => {
    expect(access(new SystemGuest().protectedMode(), msr, RDMSR)).toBeUndefined();
  });

  it("others are #GP(0)", () => {
    const guest = new SystemGuest().protectedMode();
    for (const msr of [0x1b, 0xfe, 0x277, 0xc000_0081]) {
      expect(access(guest, msr, RDMSR)).toEqual({ vector: 13, error: 0 });
      expect(access(guest, msr, WRMSR)).toEqual({ vector: 13, error: 0 });
    }
  });

  it("CR4.TSD keeps RDTSC for CPL 0", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(CR4, 4);
    expect(guest.exec(0x0f, 0x31)).toBeUndefined();
    guest.toUser();
    expect(guest.exec(0x0f, 0x31)).toEqual({ vector: 13, error: 0 });
  });
});
