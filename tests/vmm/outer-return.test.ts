import { describe, expect, it } from "vitest";
import { DS, ES, FS, GS, Seg, SS } from "../../src/vmm/cpu/layout.js";
import { Access, absent, BIG, CODE, CODE3, DATA3, EAX, FREE, GDT, level, STACK0, STACK3, SystemGuest } from "./system-guest.js";

const shared = new SystemGuest();

/** Returns to an outer level by RETF and IRET (SDM vol. 2, RET and IRET; vol. 3, 5.8.6). */
const OUTER_CODE = FREE;
const OUTER_STACK = FREE + 8;
const HELD = FREE + 16;
const USABLE = 0x1_0000;

const RETURNS: [string, number[], (guest: SystemGuest, ss: number, esp: number, cs: number, eip: number) => void][] = [
  ["RETF", [0xcb], (g, ss, esp, cs, eip) => g.push(ss, esp, cs, eip)],
  ["IRET", [0xcf], (g, ss, esp, cs, eip) => g.push(ss, esp, 0x2, cs, eip)],
];

describe.each(RETURNS)("%s", (_, code, push) => {
  describe("what ES, DS, FS and GS hold stays only if the outer level may have it", () => {
    const segments: [string, number, boolean][] = [
      ["data", Access.data, false],
      ["read-only data", Access.readOnly, false],
      ["code", Access.code, false],
      ["conforming code", Access.conforming, true],
    ];
    for (const [name, access, always] of segments)
      for (const dpl of [0, 1, 2, 3])
        for (const outer of [1, 2, 3])
          it(`${name} of DPL ${dpl}, on return to level ${outer}`, () => {
            const guest = shared.reused().protectedMode();
            guest.descriptor(HELD, 0, 0xfffff, access | level(dpl), BIG);
            guest.descriptor(OUTER_CODE, 0, 0xfffff, Access.code | level(outer), BIG);
            guest.descriptor(OUTER_STACK, 0, 0xfffff, Access.data | level(outer), BIG);
            for (const n of [ES, DS, FS, GS]) {
              guest.set(EAX, HELD);
              expect(guest.exec(0x8e, 0xc0 | (n << 3))).toBeUndefined();
            }
            push(guest, OUTER_STACK | outer, STACK3, OUTER_CODE | outer, CODE);
            expect(guest.exec(...code)).toBeUndefined();
            const stays = always || dpl >= outer;
            for (const n of [ES, DS, FS, GS]) {
              expect(guest.selector(n)).toBe(stays ? HELD : 0);
              expect(guest.state.segment(n, Seg.access) & USABLE).toBe(stays ? USABLE : 0);
            }
          });
  });

  it.each([
    ["null", 0, Access.data | level(3), 13, 0],
    ["beyond the GDT", 0x1003, Access.data | level(3), 13, 0x1000],
    ["of an RPL that isn't that of CS", OUTER_STACK | 2, Access.data | level(3), 13, OUTER_STACK],
    ["of a DPL that isn't", OUTER_STACK | 3, Access.data | level(2), 13, OUTER_STACK],
    ["read-only", OUTER_STACK | 3, Access.readOnly | level(3), 13, OUTER_STACK],
    ["code", OUTER_STACK | 3, Access.code | level(3), 13, OUTER_STACK],
    ["not present", OUTER_STACK | 3, absent(Access.data | level(3)), 12, OUTER_STACK],
  ])("an SS that is %s is refused, and nothing changes", (__, selector, access, vector, error) => {
    const guest = shared.reused().protectedMode();
    guest.descriptor(OUTER_STACK, 0, 0xfffff, access, BIG);
    push(guest, selector, STACK3, CODE3, CODE);
    const before = guest.reg(4);
    expect(guest.exec(...code)).toEqual({ vector, error });
    expect([guest.reg(4), guest.cpu.cpl, guest.eip]).toEqual([before, 0, CODE]);
  });

  it("an EIP beyond CS is #GP(0), and no descriptor has been marked", () => {
    const guest = shared.reused().protectedMode();
    guest.descriptor(OUTER_CODE, 0, CODE - 1, Access.code | level(3), 4);
    push(guest, DATA3, STACK3, OUTER_CODE | 3, CODE);
    expect(guest.exec(...code)).toEqual({ vector: 13, error: 0 });
    expect(guest.get(GDT + OUTER_CODE + 5, 1) & 1).toBe(0);
  });

  it("the rest of the frame must be on the inner stack: #SS(0)", () => {
    const guest = shared.reused().protectedMode();
    guest.descriptor(OUTER_STACK, 0, STACK0 - 1, Access.data, 4);
    guest.set(EAX, OUTER_STACK);
    guest.exec(0x8e, 0xd0); // mov ss, ax
    push(guest, DATA3, STACK3, CODE3, CODE);
    // Four bytes further up, so that SS's slot lies beyond the limit.
    const words = Array.from({ length: 5 }, (__, i) => guest.stack(i));
    guest.set(4, guest.reg(4) + 4);
    for (let i = 0; i < 4; i++) guest.put(guest.reg(4) + 4 * i, words[i]);
    guest.cpu.eip = CODE;
    expect(guest.exec(...code)).toEqual({ vector: 12, error: 0 });
    expect(guest.selector(SS)).toBe(OUTER_STACK);
  });

  it("conforming code takes the level of its selector's RPL", () => {
    const guest = shared.reused().protectedMode();
    guest.descriptor(OUTER_CODE, 0, 0xfffff, Access.conforming, BIG);
    push(guest, DATA3, STACK3, OUTER_CODE | 3, CODE);
    expect(guest.exec(...code)).toBeUndefined();
    expect(guest.cpu.cpl).toBe(3);
    const other = shared.reused().protectedMode();
    other.descriptor(OUTER_CODE, 0, 0xfffff, Access.conforming | level(3), BIG);
    push(other, DATA3, STACK3, OUTER_CODE | 2, CODE);
    expect(other.exec(...code)).toEqual({ vector: 13, error: OUTER_CODE });
  });
});

describe("with 16-bit operands", () => {
  it("RETF takes words: ESP is zero-extended on a 32-bit stack", () => {
    const guest = shared.reused().protectedMode();
    guest.descriptor(OUTER_CODE, 0, 0xfffff, Access.code | level(3), BIG);
    for (const word of [DATA3, 0x8000, OUTER_CODE | 3, 0x1234]) {
      guest.set(4, guest.reg(4) - 2);
      guest.put(guest.reg(4), word, 2);
    }
    expect(guest.exec(0x66, 0xcb)).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.reg(4)]).toEqual([3, 0x1234, 0x8000]);
  });
});
