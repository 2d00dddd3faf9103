import { describe, expect, it } from "vitest";
import { CR3 } from "../../src/vmm/cpu/layout.js";
import { Access, BIG, CODE, EAX, FREE, GDT, HANDLERS, IDT, level, STACK0, SystemGuest, TSS } from "./system-guest.js";

const DIRECTORY = 0x6_0000;
const TABLE = 0x6_1000;
const WP = 0x1_0000;
const P = 1;
const RW = 2;
const US = 4;

/** Paging with everything mapped one to one for everybody; `protect` changes what one page allows. */
function paged(wp = true): SystemGuest & { protect(page: number, bits: number): void } {
  const guest = new SystemGuest().protectedMode();
  guest.put(DIRECTORY, TABLE | P | RW | US);
  for (let i = 0; i < 0x100; i++) guest.put(TABLE + 4 * i, (i << 12) | P | RW | US);
  guest.state.set(CR3, DIRECTORY);
  guest.set(EAX, (0x8000_0011 | (wp ? WP : 0)) >>> 0);
  guest.exec(0x0f, 0x22, 0xc0);
  guest.cpu.eip = CODE;
  const protect = (page: number, bits: number) => {
    guest.put(TABLE + 4 * (page >> 12), (page & ~0xfff) | bits);
    guest.mmu.flushAll();
  };
  return Object.assign(guest, { protect });
}
const loadFs = (guest: SystemGuest, selector: number) => {
  guest.set(EAX, selector);
  return guest.exec(0x8e, 0xe0);
};

/** Accesses to descriptor tables and the TSS are the processor's own: supervisor accesses at any CPL (SDM vol. 3, 4.6). */
describe("descriptor tables at CPL 3", () => {
  it("may lie in pages of the supervisor", () => {
    const guest = paged();
    guest.toLevel(3);
    guest.descriptor(FREE, 0, 0xfffff, Access.data | level(3), BIG);
    guest.protect(GDT, P | RW);
    expect(loadFs(guest, FREE | 3)).toBeUndefined();
  });

  it("that are not there are #PF without the user bit, and CR2 is the descriptor's address", () => {
    const guest = paged();
    guest.toLevel(3);
    guest.protect(GDT, 0);
    expect(loadFs(guest, FREE | 3)).toEqual({ vector: 14, error: 0 });
    expect(guest.state.get(0x10dc)).toBe(GDT + FREE);
    expect(guest.exec(0x0f, 0x02, 0xd8)).toEqual({ vector: 14, error: 0 }); // lar
    expect(guest.exec(0x0f, 0x00, 0xe0)).toEqual({ vector: 14, error: 0 }); // verr
  });

  it("an IDT that is not there: the #PF of its delivery becomes a double fault, which has no gate either", () => {
    const guest = paged();
    guest.toLevel(3);
    guest.protect(IDT, 0);
    expect(guest.execDelivering(0x0f, 0x0b)).toBe(false);
  });

  it("a TSS in a page of the supervisor gives the inner stack, one that is not there #PF", () => {
    const guest = paged();
    guest.gate(0x80, Access.trap32 | level(3));
    guest.toLevel(3);
    guest.protect(TSS, P | RW);
    expect(guest.exec(0xcd, 0x80)).toBeUndefined();
    expect(guest.cpu.cpl).toBe(0);
    const other = paged();
    other.gate(0x80, Access.trap32 | level(3));
    other.toLevel(3);
    other.protect(TSS, 0);
    expect(other.exec(0xcd, 0x80)).toEqual({ vector: 14, error: 0 });
  });

  it("an inner stack that may not be written: #PF of a supervisor's write", () => {
    const guest = paged();
    guest.gate(0x80, Access.trap32 | level(3));
    guest.toLevel(3);
    guest.protect(STACK0 - 4, P | US);
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector: 14, error: 3 });
    expect([guest.cpu.cpl, guest.eip]).toEqual([3, CODE]);
  });
});

describe("the accessed bit in a read-only page", () => {
  it("is #PF under WP, and is set without it (SDM vol. 3, 4.6)", () => {
    const guest = paged(true);
    guest.descriptor(FREE, 0, 0xfffff, Access.data, BIG);
    guest.protect(GDT, P);
    expect(loadFs(guest, FREE)).toEqual({ vector: 14, error: 3 });
    const lax = paged(false);
    lax.descriptor(FREE, 0, 0xfffff, Access.data, BIG);
    lax.protect(GDT, P);
    expect(loadFs(lax, FREE)).toBeUndefined();
    expect(lax.get(GDT + FREE + 5, 1)).toBe(Access.data | 1);
  });

  it("is not written where it is set already", () => {
    const guest = paged(true);
    guest.descriptor(FREE, 0, 0xfffff, Access.data | 1, BIG);
    guest.protect(GDT, P);
    expect(loadFs(guest, FREE)).toBeUndefined();
  });
});

describe("a page fault in the middle of an instruction", () => {
  it("that crosses pages changes nothing: the first page isn't written", () => {
    const guest = paged();
    guest.toLevel(3);
    guest.protect(0x5_0000, P | RW | US);
    guest.protect(0x5_1000, P | US);
    guest.set(EAX, 0x1234_5678);
    expect(guest.exec(0xa3, 0xfe, 0x0f, 5, 0)).toEqual({ vector: 14, error: 7 });
    expect([guest.get(0x5_0ffe, 2), guest.state.get(0x10dc)]).toEqual([0, 0x5_1000]);
  });

  it("CR2 is the first byte that is missing", () => {
    const guest = paged();
    guest.protect(0x5_1000, 0);
    expect(guest.exec(0xa1, 0xfe, 0x0f, 5, 0)).toEqual({ vector: 14, error: 0 });
    expect(guest.state.get(0x10dc)).toBe(0x5_1000);
    guest.protect(0x5_0000, 0);
    guest.exec(0xa1, 0xfe, 0x0f, 5, 0);
    expect(guest.state.get(0x10dc)).toBe(0x5_0ffe);
  });

  it("an instruction that goes on in a page that can't be fetched is #PF at that page, with EIP of its start", () => {
    const guest = paged();
    guest.toLevel(3);
    guest.bytes(0x5_0fff, [0xb8]);
    guest.protect(0x5_1000, 0);
    guest.cpu.eip = 0x5_0fff;
    guest.execDelivering();
    expect([guest.eip, guest.stack(0), guest.stack(1), guest.stack(2), guest.stack(5)]).toEqual([
      HANDLERS + 16 * 14,
      4,
      0x5_0fff,
      0xff3,
      0xffb,
    ]);
    guest.exec(0x0f, 0x20, 0xd0); // mov eax, cr2
    expect(guest.reg(EAX)).toBe(0x5_1000);
  });
});
