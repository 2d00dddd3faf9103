import { describe, expect, it } from "vitest";
import { CR0, CR4, MXCSR, X87, X87_CONTROL, X87_GATE, X87_STATUS, X87_TAGS, X87_TOP, XMM } from "../../src/vmm/cpu/layout.js";
import { DATA, SystemGuest } from "./system-guest.js";

const FXSAVE = [0x0f, 0xae, 0x05, 0, 0, 4, 0];
const FXRSTOR = [0x0f, 0xae, 0x0d, 0, 0, 4, 0];

function prepared(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.state.set(CR4, 0x200);
  return guest;
}

/** SDM vol. 1, 10.5.1, table 10-2. */
describe("FXSAVE and FXRSTOR", () => {
  it("carry control, status with TOP, abridged tags, registers from ST(0), MXCSR and XMM", () => {
    const guest = prepared();
    const { state } = guest;
    state.set(X87_TAGS, 0);
    guest.exec(0xd9, 0xe8); // fld1: R7
    state.set(XMM + 16, 0x1234_5678);
    expect(guest.exec(...FXSAVE)).toBeUndefined();
    expect([guest.get(DATA, 2), guest.get(DATA + 2, 2) >> 11, guest.get(DATA + 4, 1)]).toEqual([0x40, 7, 0x80]);
    expect([guest.get(DATA + 32), guest.get(DATA + 36), guest.get(DATA + 40)]).toEqual([0, 0x8000_0000, 0x3fff]);
    expect([guest.get(DATA + 24), guest.get(DATA + 28), guest.get(DATA + 176)]).toEqual([0x1f80, 0xffff, 0x1234_5678]);
    state.set(XMM + 16, 0);
    state.set(X87_TOP, 0);
    state.set(X87_TAGS, 0);
    expect(guest.exec(...FXRSTOR)).toBeUndefined();
    expect([state.get(XMM + 16), state.get(X87_TOP), state.get(X87_TAGS)]).toEqual([0x1234_5678, 7, 0x80]);
  });

  it.each([
    ["in one page", DATA],
    ["across two pages", DATA + 0xf80],
  ])("access of an image %s what the table names, and XMM registers only with OSFXSR", (_, address) => {
    for (const vectors of [true, false]) {
      const guest = prepared();
      const { state } = guest;
      const operand = [address & 0xff, (address >> 8) & 0xff, (address >> 16) & 0xff, 0];
      if (!vectors) state.set(CR4, 0);
      for (let offset = 0; offset < 512; offset += 4) guest.put(address + offset, 0xabab_abab);
      for (let word = 0; word < 32; word++) {
        state.set(X87 + 4 * word, word % 4 < 2 ? 0x100 + word : word % 4 === 2 ? word : 0);
        state.set(XMM + 4 * word, 0x200 + word);
      }
      state.set(X87_TOP, 3);
      const x87 = Array.from({ length: 32 }, (_, i) => state.get(X87 + ((4 * i + 48) % 128)));
      const xmm = Array.from({ length: 32 }, (_, i) => state.get(XMM + 4 * i));
      expect(guest.exec(0x0f, 0xae, 0x05, ...operand)).toBeUndefined();
      const image = Array.from({ length: 128 }, (_, i) => guest.get(address + 4 * i));
      expect(image.slice(8, 40)).toEqual(x87);
      expect(image.slice(40, 72)).toEqual(vectors ? xmm : Array(32).fill(0xabab_abab));
      expect(image.slice(72)).toEqual(Array(56).fill(0xabab_abab));
      for (let word = 0; word < 32; word++) {
        state.set(X87 + 4 * word, 0);
        state.set(XMM + 4 * word, 0);
      }
      state.set(X87_TOP, 0);
      expect(guest.exec(0x0f, 0xae, 0x0d, ...operand)).toBeUndefined();
      expect(Array.from({ length: 32 }, (_, i) => state.get(X87 + ((4 * i + 48) % 128)))).toEqual(x87);
      expect(Array.from({ length: 32 }, (_, i) => state.get(XMM + 4 * i))).toEqual(vectors ? xmm : Array(32).fill(0));
    }
  });

  it("refuse an image that isn't aligned, and MXCSR with reserved bits: #GP(0)", () => {
    const guest = prepared();
    expect(guest.exec(0x0f, 0xae, 0x05, 8, 0, 4, 0)).toEqual({ vector: 13, error: 0 });
    guest.exec(...FXSAVE);
    guest.put(DATA + 24, 0x1_0000);
    expect(guest.exec(...FXRSTOR)).toEqual({ vector: 13, error: 0 });
    expect(guest.state.get(MXCSR)).toBe(0x1f80);
  });

  it("are #NM with EM or TS", () => {
    for (const bit of [4, 8]) {
      const guest = prepared();
      guest.state.set(CR0, 0x11 | bit);
      expect(guest.exec(...FXSAVE)).toEqual({ vector: 7, error: -1 });
    }
  });

  it("FXRSTOR of an unmasked pending exception shuts the gate, and FXSAVE doesn't wait for one", () => {
    const guest = prepared();
    guest.exec(...FXSAVE);
    guest.put(DATA, 0x0001_0040);
    expect(guest.exec(...FXRSTOR)).toBeUndefined();
    expect([guest.state.get(X87_STATUS), guest.state.get(X87_CONTROL), guest.state.get(X87_GATE)]).toEqual([0x8081, 0x40, 2]);
    expect(guest.exec(...FXSAVE)).toBeUndefined();
  });
});
