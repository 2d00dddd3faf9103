import { describe, expect, it } from "vitest";
import { GDTR_BASE, GDTR_LIMIT, IDTR_BASE, LDTR, Seg, TR } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { Access, absent, DATA, DATA0, EAX, FREE, GDT, LDT, LDT_SELECTOR, SystemGuest, TSS_SELECTOR } from "./system-guest.js";

executes("0F 00 /2", "0F 00 /3", "0F 01 /0", "0F 01 /2", "0F 01 /3");

const LGDT = [0x0f, 0x01, 0x15, 0, 0, 4, 0];
const LIDT = [0x0f, 0x01, 0x1d, 0, 0, 4, 0];

function withOperand(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.put(DATA, 0x0123, 2);
  guest.put(DATA + 2, 0x8765_4321);
  return guest;
}

/** SDM vol. 2, LGDT/LIDT. */
describe("LGDT and LIDT", () => {
  it("take a limit and 32 bits of base", () => {
    const guest = withOperand();
    expect(guest.exec(...LGDT)).toBeUndefined();
    expect([guest.state.get(GDTR_LIMIT), guest.state.get(GDTR_BASE)]).toEqual([0x123, 0x8765_4321]);
  });

  it("take 24 bits of base with a 16-bit operand size", () => {
    const guest = withOperand();
    expect(guest.exec(0x66, ...LIDT)).toBeUndefined();
    expect(guest.state.get(IDTR_BASE)).toBe(0x65_4321);
  });

  it("SGDT stores all six bytes in either size", () => {
    const guest = withOperand();
    expect(guest.exec(0x66, 0x0f, 0x01, 0x05, 0, 0, 4, 0)).toBeUndefined();
    expect([guest.get(DATA, 2), guest.get(DATA + 2)]).toEqual([0xfff, GDT]);
  });

  it("are #UD with a register", () => {
    const guest = withOperand();
    for (const reg of [0, 1, 2, 3]) expect(guest.exec(0x0f, 0x01, 0xc0 | (reg << 3))?.vector).toBe(6);
  });
});

describe("LLDT", () => {
  const lldt = (guest: SystemGuest, selector: number) => {
    guest.set(EAX, selector);
    return guest.exec(0x0f, 0x00, 0xd0);
  };

  it("makes local selectors mean something", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(8, 0x7_0000, 0xfff, Access.data, 0, LDT);
    guest.set(EAX, 0x0c);
    expect(guest.exec(0x8e, 0xe0)).toBeUndefined(); // mov fs, ax
    expect(guest.state.segment(4, Seg.base)).toBe(0x7_0000);
    expect(lldt(guest, 0)).toBeUndefined();
    guest.set(EAX, 0x0c);
    expect(guest.exec(0x8e, 0xe0)).toEqual({ vector: 13, error: 0x0c });
  });

  it.each([
    ["a local selector", 0x0c, Access.ldt, 13, 0x0c],
    ["another type", FREE, Access.data, 13, FREE],
    ["not present", FREE, absent(Access.ldt), 11, FREE],
  ])("refuses %s", (_, selector, access, vector, error) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xff, access);
    expect(lldt(guest, selector)).toEqual({ vector, error });
    expect(guest.selector(LDTR)).toBe(LDT_SELECTOR);
  });
});

describe("LTR", () => {
  const ltr = (guest: SystemGuest, selector: number) => {
    guest.set(EAX, selector);
    return guest.exec(0x0f, 0x00, 0xd8);
  };

  it("marks the TSS busy, and so can't load it twice", () => {
    const guest = new SystemGuest().protectedMode();
    expect(guest.get(GDT + TSS_SELECTOR + 5, 1)).toBe(0x8b);
    expect(ltr(guest, TSS_SELECTOR)).toEqual({ vector: 13, error: TSS_SELECTOR });
  });

  it.each([
    ["null", 0, Access.tss32, 13, 0],
    ["data", DATA0, Access.tss32, 13, DATA0],
    ["not present", FREE, absent(Access.tss32), 11, FREE],
  ])("refuses %s", (_, selector, access, vector, error) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0x67, access);
    expect(ltr(guest, selector)).toEqual({ vector, error });
    expect(guest.selector(TR)).toBe(TSS_SELECTOR);
  });
});
