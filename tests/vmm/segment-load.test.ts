import { describe, expect, it } from "vitest";
import { CS, DS, ES, FS, GDTR_LIMIT, GS, Seg, SS } from "../../src/vmm/cpu/layout.js";
import { Access, absent, BIG, CODE0, DATA, DATA0, DATA3, EAX, FREE, GDT, level, SystemGuest } from "./system-guest.js";

/** MOV sreg, AX (SDM vol. 2, MOV; vol. 3, 5.6 and 5.7). */
function movToSegment(guest: SystemGuest, n: number, selector: number) {
  guest.set(EAX, selector);
  return guest.exec(0x8e, 0xc0 | (n << 3));
}

describe("loading a segment register in protected mode", () => {
  it("takes base, limit and rights from the descriptor and marks it accessed", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0x12_3456, 0x0abcd, Access.data);
    expect(movToSegment(guest, FS, FREE)).toBeUndefined();
    expect(guest.selector(FS)).toBe(FREE);
    expect(guest.state.segment(FS, Seg.base)).toBe(0x12_3456);
    expect(guest.state.segment(FS, Seg.limit)).toBe(0xabcd);
    expect(guest.get(GDT + FREE + 5, 1)).toBe(Access.data | 1);
  });

  it("puts the base together from three fields, and the limit from two", () => {
    const guest = new SystemGuest().protectedMode();
    for (let bit = 0; bit < 32; bit++) {
      const base = 2 ** bit;
      const limit = bit < 20 ? 2 ** bit : 0;
      guest.descriptor(FREE, base, limit, Access.data);
      expect(movToSegment(guest, FS, FREE)).toBeUndefined();
      expect([guest.state.segment(FS, Seg.base), guest.state.segment(FS, Seg.limit)]).toEqual([base, limit]);
    }
  });

  it("accepts a null selector, whose use is #GP(0)", () => {
    const guest = new SystemGuest().protectedMode();
    expect(movToSegment(guest, DS, 3)).toBeUndefined();
    expect(guest.selector(DS)).toBe(3);
    expect(guest.exec(0xa1, 0, 0, 0, 0)).toEqual({ vector: 13, error: 0 });
  });

  it("refuses a null selector for SS with #GP(0)", () => {
    expect(movToSegment(new SystemGuest().protectedMode(), SS, 0)).toEqual({ vector: 13, error: 0 });
  });

  it("is #UD for CS and for numbers that name nothing", () => {
    const guest = new SystemGuest().protectedMode();
    for (const n of [CS, 6, 7]) expect(movToSegment(guest, n, DATA0)?.vector).toBe(6);
  });

  it.each([
    ["beyond the table", 0x1000, 0, 13],
    ["execute-only code", FREE, Access.executeOnly, 13],
    ["a system segment", FREE, Access.ldt, 13],
    ["not present", FREE, absent(Access.data), 11],
  ])("refuses %s with the selector as error code", (_, selector, access, vector) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xffff, access);
    expect(movToSegment(guest, ES, selector)).toEqual({ vector, error: selector });
    expect(guest.selector(ES)).toBe(DATA0);
  });

  it.each([
    ["read-only data", Access.readOnly, 0, 13],
    ["code", Access.code, 0, 13],
    ["an RPL that is not CPL", Access.data, 3, 13],
    ["a DPL that is not CPL", Access.data | level(3), 0, 13],
    ["not present: #SS", absent(Access.data), 0, 12],
  ])("refuses for SS %s", (_, access, rpl, vector) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xfffff, access, BIG);
    expect(movToSegment(guest, SS, FREE | rpl)).toEqual({ vector, error: FREE });
  });

  it("keeps inner data from outer code, but not conforming code", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    expect(movToSegment(guest, GS, DATA0)).toEqual({ vector: 13, error: DATA0 });
    guest.descriptor(FREE, 0, 0xfffff, Access.conforming, BIG);
    expect(movToSegment(guest, GS, FREE | 3)).toBeUndefined();
  });

  it("counts RPL as well as CPL", () => {
    expect(movToSegment(new SystemGuest().protectedMode(), GS, DATA0 | 3)).toEqual({ vector: 13, error: DATA0 });
  });

  it("shadows interrupts after MOV SS (SDM vol. 3, 6.8.3)", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.cpu.setInterruptLine(true);
    expect(guest.cpu.interruptible()).toBe(true);
    expect(movToSegment(guest, SS, DATA3)).toBeUndefined();
    expect(guest.cpu.interruptible()).toBe(false);
  });
});

describe("limits", () => {
  it("lets an expand-down segment be used above its limit only (SDM vol. 3, 5.3)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, DATA, 0xfff, Access.expandDown);
    movToSegment(guest, FS, FREE);
    expect(guest.exec(0x64, 0xa0, 0xff, 0x0f, 0, 0)).toEqual({ vector: 13, error: 0 });
    expect(guest.exec(0x64, 0xa0, 0x00, 0x10, 0, 0)).toBeUndefined();
    expect(guest.exec(0x64, 0xa1, 0xfd, 0xff, 0, 0)).toEqual({ vector: 13, error: 0 });
  });

  it("refuses writes to read-only data and to code", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, DATA, 0xffff, Access.readOnly);
    movToSegment(guest, FS, FREE);
    expect(guest.exec(0x64, 0xa2, 0, 0, 0, 0)).toEqual({ vector: 13, error: 0 });
    expect(guest.exec(0x2e, 0xa2, 0, 0, 4, 0)).toEqual({ vector: 13, error: 0 });
    expect(guest.selector(CS)).toBe(CODE0);
  });
});

/** What has been loaded once may be loaded from memory of the monitor's: whatever decides about a load must decide about it again. */
describe("loading a selector that was loaded before", () => {
  function loadedBefore(n: number): SystemGuest {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0x12_3000, 0x0abcd, Access.data);
    for (let times = 0; times < 3; times++) expect(movToSegment(guest, n, FREE)).toBeUndefined();
    return guest;
  }
  const hidden = (guest: SystemGuest, n: number) => [Seg.base, Seg.limit, Seg.readHigh].map((field) => guest.state.segment(n, field));

  it.each([ES, DS, FS, GS])("gives the same hidden part to register %i", (n) => {
    const guest = loadedBefore(n);
    const first = hidden(guest, n);
    expect(movToSegment(guest, n, DATA0)).toBeUndefined();
    expect(hidden(guest, n)).toEqual([0, 0xffff_ffff, 0xffff_ffff]);
    expect(movToSegment(guest, n, FREE)).toBeUndefined();
    expect(hidden(guest, n)).toEqual(first);
  });

  it("goes by the descriptor as it is now", () => {
    const guest = loadedBefore(FS);
    guest.descriptor(FREE, 0x45_6000, 0x1234, Access.data);
    expect(movToSegment(guest, FS, FREE)).toBeUndefined();
    expect(hidden(guest, FS)).toEqual([0x45_6000, 0x1234, 0x1234]);
  });

  it("is refused beyond a limit that has come down", () => {
    const guest = loadedBefore(FS);
    guest.state.set(GDTR_LIMIT, FREE + 6);
    expect(movToSegment(guest, FS, FREE)).toEqual({ vector: 13, error: FREE });
  });

  it("is refused to an outer level", () => {
    const guest = loadedBefore(FS).toUser();
    expect(movToSegment(guest, FS, FREE)).toEqual({ vector: 13, error: FREE });
  });

  it("leaves FS unusable where a null selector comes after it", () => {
    const guest = loadedBefore(FS);
    for (const selector of [3, 1]) {
      expect(movToSegment(guest, FS, selector)).toBeUndefined();
      expect([guest.selector(FS), guest.state.segment(FS, Seg.access), ...hidden(guest, FS)]).toEqual([selector, 0, 0, 0, 0]);
    }
    expect(movToSegment(guest, FS, FREE)).toBeUndefined();
    expect(hidden(guest, FS)[0]).toBe(0x12_3000);
  });
});
