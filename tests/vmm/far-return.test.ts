import { describe, expect, it } from "vitest";
import { CS, DS, SS } from "../../src/vmm/cpu/layout.js";
import { Access, BIG, CODE3, DATA3, ESP, FREE, level, STACK0, STACK3, SystemGuest } from "./system-guest.js";

const RETF = [0xcb];
const GP = { vector: 13, error: 0 };
const LIMIT = 0x5677;

/** SDM vol. 2, RET; vol. 3, 5.8.6. */
describe("far RET", () => {
  it("reaches the last byte of the segment, and none beyond: #GP(0) with the stack as it was", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, LIMIT, Access.code, 4);
    guest.push(FREE, LIMIT + 1);
    expect(guest.exec(...RETF)).toEqual(GP);
    expect(guest.reg(ESP)).toBe(STACK0 - 8);
    guest.put(guest.reg(ESP), LIMIT);
    expect(guest.exec(...RETF)).toBeUndefined();
    expect([guest.selector(CS), guest.eip, guest.reg(ESP)]).toEqual([FREE, LIMIT, STACK0]);
  });

  it("to an outer level too", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, LIMIT, Access.code | level(3), 4);
    guest.push(DATA3, STACK3, FREE | 3, LIMIT + 1);
    expect(guest.exec(...RETF)).toEqual(GP);
    expect([guest.cpu.cpl, guest.reg(ESP)]).toEqual([0, STACK0 - 16]);
    guest.put(guest.reg(ESP), LIMIT);
    expect(guest.exec(...RETF)).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.selector(SS), guest.reg(ESP)]).toEqual([3, LIMIT, DATA3, STACK3]);
  });

  it("to an outer level makes data segments null that it may not use, and keeps the others", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(DATA3, STACK3, CODE3, 0x1234);
    expect(guest.exec(...RETF)).toBeUndefined();
    expect(guest.selector(DS)).toBe(0);
    const other = new SystemGuest().protectedMode();
    other.descriptor(FREE, 0, 0xfffff, Access.data | level(3), BIG);
    other.set(0, FREE);
    other.exec(0x8e, 0xd8); // mov ds, ax
    other.push(DATA3, STACK3, CODE3, 0x1234);
    expect(other.exec(...RETF)).toBeUndefined();
    expect(other.selector(DS)).toBe(FREE);
  });

  it("in real mode obeys the limit of CS", () => {
    const guest = new SystemGuest().realMode();
    guest.set(ESP, 0x100);
    guest.put(STACK0 + 0x100, 0x1_0000);
    guest.put(STACK0 + 0x104, 0x1000);
    expect(guest.exec(0x66, ...RETF)).toEqual(GP);
    guest.put(STACK0 + 0x100, 0xffff);
    expect(guest.exec(0x66, ...RETF)).toBeUndefined();
    expect([guest.selector(CS), guest.eip]).toEqual([0x1000, 0xffff]);
  });
});
