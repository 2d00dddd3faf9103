import { describe, expect, it } from "vitest";
import { JUMP_CACHE, JUMP_CACHE_SIZE, RAM_BASE, VIEW_JUMP_CACHE } from "../../src/vmm/cpu/layout.js";
import { Access } from "../../src/vmm/mmu/mmu.js";
import { CR4_PAE, CR4_PGE, CR4_PSE, D, G, MmuGuest, P, PS, RW, US } from "./mmu-guest.js";

/** Directory entry 0 -> table at 0x2000; pages 0x10 -> 0x5000, 0x11 -> 0x6000, 0x12 (global) -> 0x7000. */
function guestWith(flags: number): MmuGuest {
  const guest = new MmuGuest();
  guest.put(0x1000, 0x2000 | P | RW | US);
  guest.put(0x2040, 0x5000 | flags);
  guest.put(0x2044, 0x6000 | flags);
  guest.put(0x2048, 0x7000 | flags | G);
  guest.paging(CR4_PGE);
  return guest;
}

describe("software TLB", () => {
  it("starts with entries that translate nothing", () => {
    expect(guestWith(P).translate(0x10000, 1, Access.read).fast).toBe(false);
  });

  it("answers in line once the slow path has filled it", () => {
    const guest = guestWith(P);
    expect(guest.translate(0x10010, 4, Access.read)).toEqual({ host: RAM_BASE + 0x5010, fast: false });
    expect(guest.translate(0x10020, 4, Access.read)).toEqual({ host: RAM_BASE + 0x5020, fast: true });
  });

  it("has no write entry for a clean page until it is written, so that the dirty flag is set", () => {
    const guest = guestWith(P | RW);
    guest.translate(0x10000, 4, Access.read);
    expect(guest.translate(0x10000, 4, Access.write).fast).toBe(false);
    expect(guest.get(0x2040) & D).toBe(D);
    expect(guest.translate(0x10000, 4, Access.write).fast).toBe(true);
  });

  it("keeps privileges apart", () => {
    const guest = guestWith(P | RW);
    guest.translate(0x10000, 4, Access.read);
    guest.mmu.setPrivilege(3);
    expect(guest.state.get(VIEW_JUMP_CACHE)).toBe(JUMP_CACHE + JUMP_CACHE_SIZE);
    expect(guest.translate(0x10000, 4, Access.read)).toEqual({ host: 0, fast: false });
    expect(guest.fault()).toEqual({ vector: 14, error: 5, address: 0x10000 });
  });

  it("forgets what is not global when CR3 is written", () => {
    const guest = guestWith(P);
    guest.translate(0x10000, 4, Access.read);
    guest.translate(0x12000, 4, Access.read);
    guest.root(0x3000);
    expect(guest.translate(0x10000, 4, Access.read).fast).toBe(false);
    expect(guest.translate(0x12000, 4, Access.read).fast).toBe(true);
  });

  it("forgets global pages with INVLPG and with a flush of everything", () => {
    const guest = guestWith(P);
    guest.translate(0x12000, 4, Access.read);
    guest.mmu.flushPage(0x12345);
    expect(guest.translate(0x12000, 4, Access.read).fast).toBe(false);
    guest.mmu.flushAll();
    expect(guest.translate(0x12000, 4, Access.read).fast).toBe(false);
  });

  it.each([
    ["4 MiB", CR4_PSE, 0x1004, 0x40_0000, 0x7f_f000],
    ["2 MiB", CR4_PAE, 0x2010, 0x40_0000, 0x5f_f000],
  ])("forgets all of a %s page with INVLPG anywhere in it", (_, cr4, entry, first, last) => {
    const guest = new MmuGuest();
    guest.put(0x1000, cr4 === CR4_PAE ? 0x2000 | P : 0);
    guest.put(entry, P | RW | PS | D);
    guest.paging(cr4);
    const kinds = [Access.read, Access.write] as const;
    for (const linear of [first, last]) for (const kind of kinds) guest.translate(linear, 4, kind);
    expect(guest.translate(last, 4, Access.write).fast).toBe(true);
    guest.mmu.translateFetch(last);
    guest.put(entry, 0);
    guest.mmu.flushPage(first + 0x12345);
    for (const linear of [first, last]) for (const kind of kinds) expect(guest.translate(linear, 4, kind).host).toBe(0);
    expect(guest.mmu.translateFetch(last)).toBe(-1);
  });

  it("tells who keeps something derived from mappings", () => {
    const guest = guestWith(P);
    const heard: string[] = [];
    guest.mmu.onFlush = (kind) => heard.push(kind);
    guest.mmu.flushPage(0x10000);
    guest.root(0x3000);
    guest.root(0x1000);
    guest.mmu.pagingChanged();
    guest.root(0x3000);
    expect(heard).toEqual(["page", "space", "space", "all", "space"]);
  });

  it("survives more fills without a flush than it can remember", () => {
    const guest = guestWith(P);
    for (let i = 0; i < 70_000; i++) {
      guest.mmu.slow(0x10000, 4, Access.read);
      guest.mmu.flushPage(0x10000);
    }
    guest.mmu.slow(0x10000, 4, Access.read);
    guest.mmu.flushAll();
    expect(guest.translate(0x10000, 4, Access.read).fast).toBe(false);
  });

  it("masks bit 20 while A20 is off", () => {
    const guest = new MmuGuest();
    guest.put(0x3000, 3);
    guest.put(0x103000, 4);
    expect(guest.mmu.read(0x103000, 4, false)).toBe(4);
    guest.mmu.setA20(false);
    expect(guest.mmu.read(0x103000, 4, false)).toBe(3);
    expect(guest.mmu.translateFetch(0x103000)).toBe(0x3000);
  });
});

describe("fetch translations", () => {
  it("are forgotten like data translations", () => {
    const guest = guestWith(P);
    guest.mmu.translateFetch(0x10000);
    guest.mmu.translateFetch(0x11000);
    guest.mmu.translateFetch(0x12000);
    for (const at of [0x2040, 0x2044, 0x2048]) guest.put(at, 0x8000 | P);
    const now = () => [0x10000, 0x11000, 0x12000].map((linear) => guest.mmu.translateFetch(linear));
    expect(now()).toEqual([0x5000, 0x6000, 0x7000]);
    guest.mmu.flushPage(0x10000);
    expect(now()).toEqual([0x8000, 0x6000, 0x7000]);
    guest.root(0x1000);
    expect(now()).toEqual([0x8000, 0x8000, 0x7000]);
    guest.mmu.flushAll();
    expect(now()).toEqual([0x8000, 0x8000, 0x8000]);
  });
});
