import { describe, expect, it } from "vitest";
import { CODE, DATA, EAX, EBP, EBX, EDI, ESP, FREE, STACK0, SystemGuest } from "./system-guest.js";

describe("PUSHA and POPA (SDM vol. 2)", () => {
  it("push all eight with the old ESP, and pop all but ESP", () => {
    const guest = new SystemGuest().protectedMode();
    for (let n = 0; n < 8; n++) if (n !== ESP) guest.set(n, 0x1111 * n);
    guest.exec(0x60);
    expect(Array.from({ length: 8 }, (_, i) => guest.stack(i))).toEqual(
      [7, 6, 5, 4, 3, 2, 1, 0].map((n) => (n === ESP ? STACK0 : 0x1111 * n)),
    );
    guest.put(guest.reg(ESP) + 12, 0xbad);
    guest.set(EBX, 0);
    guest.set(EDI, 0);
    guest.exec(0x61);
    expect([guest.reg(EBX), guest.reg(EDI), guest.reg(ESP)]).toEqual([0x3333, 0x7777, STACK0]);
  });

  it.each([7, 9, 11, 13, 15])("PUSHA with SP %i is #GP in real and virtual-8086 mode (SDM vol. 2, PUSHA)", (sp) => {
    for (const guest of [new SystemGuest().realMode(), new SystemGuest().protectedMode().toVirtual8086()]) {
      guest.set(4, sp);
      expect(guest.exec(0x60)?.vector).toBe(13);
      expect(guest.reg(4)).toBe(sp);
    }
  });

  it("PUSHA that doesn't fit pushes nothing: #SS(0)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, DATA, 0xffff, 0x92, 4);
    guest.set(EAX, FREE);
    guest.exec(0x8e, 0xd0);
    guest.set(ESP, 16);
    expect(guest.exec(0x60)).toEqual({ vector: 12, error: 0 });
    expect([guest.reg(ESP), guest.get(DATA + 12), guest.eip]).toEqual([16, 0, CODE + 2]);
  });
});

describe("POP to memory", () => {
  it("POP [ESP+n] computes its address with ESP already incremented (SDM vol. 2, POP)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(0, 0, 0xabcd);
    expect(guest.exec(0x8f, 0x44, 0x24, 0x04)).toBeUndefined(); // pop [esp+4]
    expect([guest.reg(ESP), guest.get(STACK0 - 4), guest.get(STACK0 - 8)]).toEqual([STACK0 - 8, 0xabcd, 0]);
  });

  it("leaves ESP alone if the destination faults", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(1);
    expect(guest.exec(0x2e, 0x8f, 0x05, 0, 0, 4, 0)).toEqual({ vector: 13, error: 0 });
    expect(guest.reg(ESP)).toBe(STACK0 - 4);
  });
});

describe("ENTER (SDM vol. 2)", () => {
  it("level 0 makes a frame", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EBP, 0x1234);
    guest.exec(0xc8, 0x10, 0x00, 0x00);
    expect([guest.reg(EBP), guest.reg(ESP), guest.get(STACK0 - 4)]).toEqual([STACK0 - 4, STACK0 - 4 - 16, 0x1234]);
  });

  it("level 3 copies two frame pointers and pushes its own", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EBP, DATA);
    guest.put(DATA - 4, 0xaaaa);
    guest.put(DATA - 8, 0xbbbb);
    guest.exec(0xc8, 0x00, 0x00, 0x23); // 35, modulo 32
    expect([0, 1, 2, 3].map((i) => guest.stack(i))).toEqual([STACK0 - 4, 0xbbbb, 0xaaaa, DATA]);
    expect(guest.reg(EBP)).toBe(STACK0 - 4);
  });
});

describe("ENTER onto its own display", () => {
  it("reads what it has pushed", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EBP, STACK0);
    guest.exec(0xc8, 0x00, 0x00, 0x04);
    // The first push is the first copy's source, and so on.
    expect([0, 1, 2, 3, 4].map((i) => guest.stack(i))).toEqual([STACK0 - 4, STACK0, STACK0, STACK0, STACK0]);
  });
});

describe("BOUND", () => {
  it("raises #BR outside the signed bounds, inclusive", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(DATA, 0xffff_fffe);
    guest.put(DATA + 4, 5);
    for (const [index, vector] of [
      [-3, 5],
      [-2, undefined],
      [5, undefined],
      [6, 5],
    ]) {
      guest.set(EAX, index ?? 0);
      expect(guest.exec(0x62, 0x05, 0, 0, 4, 0)?.vector).toBe(vector);
    }
  });
});

describe("CMPXCHG8B", () => {
  it("exchanges when equal, loads EDX:EAX when not", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(DATA, 0x1111);
    guest.put(DATA + 4, 0x2222);
    guest.set(EAX, 0x1111);
    guest.set(2, 0x2222);
    guest.set(EBX, 0x3333);
    guest.set(1, 0x4444);
    const code = [0x0f, 0xc7, 0x0d, 0, 0, 4, 0];
    guest.exec(...code);
    expect([guest.get(DATA), guest.get(DATA + 4), guest.cpu.flags & 0x40]).toEqual([0x3333, 0x4444, 0x40]);
    guest.exec(0xf0, ...code);
    expect([guest.reg(EAX), guest.reg(2), guest.cpu.flags & 0x40]).toEqual([0x3333, 0x4444, 0]);
  });

  it("needs a writable destination even when it doesn't change it", () => {
    const guest = new SystemGuest().protectedMode();
    expect(guest.exec(0x2e, 0x0f, 0xc7, 0x0d, 0, 0, 4, 0)).toEqual({ vector: 13, error: 0 });
  });
});
