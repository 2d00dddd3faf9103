import { describe, expect, it } from "vitest";
import { ADDRESS_SPACES, JUMP_CACHE, JUMP_CACHE_SIZE, RAM_BASE, VIEW_JUMP_CACHE } from "../../src/vmm/cpu/layout.js";
import { Access } from "../../src/vmm/mmu/mmu.js";
import { CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, D, G, MmuGuest, P, PS, RW, US } from "./mmu-guest.js";

const FIRST = 0x1000;
const SECOND = 0x3000;

/** Two address spaces: in the first one page 0x10 is at 0x5000, in the second at 0x6000. */
function guestWith(flags = P | RW | US, cr4 = CR4_PGE): MmuGuest {
  const guest = new MmuGuest();
  guest.put(FIRST, 0x2000 | P | RW | US);
  guest.put(0x2040, 0x5000 | flags);
  guest.put(SECOND, 0x4000 | P | RW | US);
  guest.put(0x4040, 0x6000 | flags);
  guest.paging(cr4);
  return guest;
}

const read = (guest: MmuGuest) => guest.translate(0x10010, 4, Access.read);
const write = (guest: MmuGuest) => guest.translate(0x10010, 4, Access.write);

describe("an address space that comes back", () => {
  it("has its translations again, and each space its own", () => {
    const guest = guestWith();
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x5010, fast: false });
    guest.root(SECOND);
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x6010, fast: false });
    guest.root(FIRST);
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x5010, fast: true });
    guest.root(SECOND);
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x6010, fast: true });
  });

  it("has only what it has needed lately, after many times", () => {
    const guest = guestWith();
    guest.put(0x2044, 0x8000 | P | RW | US);
    const seldom = () => guest.translate(0x11010, 4, Access.read);
    read(guest);
    seldom();
    for (let i = 0; i < 300; i++) {
      guest.root(SECOND);
      guest.root(FIRST);
      read(guest);
    }
    guest.root(SECOND);
    guest.root(FIRST);
    expect([read(guest).fast, seldom()]).toEqual([true, { host: RAM_BASE + 0x8010, fast: false }]);
  });

  it("counts what was stored to meanwhile as it is now", () => {
    const guest = guestWith();
    read(guest);
    write(guest);
    guest.root(SECOND);
    guest.put(0x2040, 0x7000 | P | RW | US);
    guest.root(FIRST);
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x7010, fast: false });
  });

  it.each([
    ["the page is not present", 0x2040, 0],
    ["the page is read-only", 0x2040, 0x5000 | P | US],
    ["the dirty flag was cleared", 0x2040, 0x5000 | P | RW | US | 0x20],
    ["the table is not present", FIRST, 0],
  ])("walks again where %s by now", (_, entry, value) => {
    const guest = guestWith();
    write(guest);
    guest.root(SECOND);
    guest.put(entry, value);
    guest.root(FIRST);
    expect(write(guest).fast).toBe(false);
  });

  it("knows no more where CR3 is loaded with the value that it has, and an entry was changed", () => {
    const guest = guestWith();
    read(guest);
    guest.put(0x2040, 0x7000 | P | RW | US);
    guest.root(FIRST);
    expect(read(guest).host).toBe(RAM_BASE + 0x7010);
  });

  it("keeps stores to a page apart that has come to hold code", () => {
    const guest = guestWith();
    write(guest);
    guest.root(SECOND);
    guest.mmu.memory.codeWatch = { holdsCode: (page) => page === 5, written: () => undefined };
    guest.root(FIRST);
    expect(read(guest).fast).toBe(true);
    expect(write(guest).fast).toBe(false);
  });

  it("keeps privileges apart", () => {
    const guest = guestWith(P | RW);
    read(guest);
    guest.root(SECOND);
    guest.root(FIRST);
    guest.mmu.setPrivilege(3);
    expect(read(guest)).toEqual({ host: 0, fast: false });
  });

  it("is forgotten when paging changes", () => {
    const guest = guestWith(P | US);
    guest.paging(CR4_PGE, 0);
    write(guest);
    guest.root(SECOND);
    guest.paging(CR4_PGE, CR0_WP, SECOND);
    guest.root(FIRST);
    expect(write(guest).host).toBe(0);
  });

  it("is forgotten when others have been in use since", () => {
    const guest = guestWith();
    read(guest);
    for (let i = 0; i < ADDRESS_SPACES; i++) guest.root(0x10000 + i * 0x1000);
    guest.root(FIRST);
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x5010, fast: false });
  });

  it("forgets what INVLPG is for, and has it back if nothing changed", () => {
    const guest = guestWith();
    read(guest);
    guest.mmu.flushPage(0x10000);
    expect(read(guest).fast).toBe(false);
    guest.root(SECOND);
    guest.root(FIRST);
    expect(read(guest).fast).toBe(true);
  });

  it("forgets a large page whole with INVLPG", () => {
    const guest = guestWith();
    guest.put(FIRST + 4, P | RW | PS | D | 0x20);
    guest.put(SECOND + 4, P | RW | PS | D | 0x20);
    guest.paging(CR4_PSE);
    for (const linear of [0x40_0000, 0x7f_f000]) guest.translate(linear, 4, Access.read);
    guest.root(SECOND);
    guest.root(FIRST);
    expect(guest.translate(0x7f_f000, 4, Access.read).fast).toBe(true);
    guest.put(FIRST + 4, 0);
    guest.mmu.flushPage(0x40_0000);
    expect(guest.translate(0x7f_f000, 4, Access.read).host).toBe(0);
  });

  it("compares all of an 8-byte entry, and PDPTE registers as they were loaded", () => {
    const guest = new MmuGuest();
    for (const [root, directory, page] of [
      [FIRST, 0x8000, 0x5000],
      [SECOND, 0x9000, 0x6000],
    ]) {
      guest.put(root, directory | P);
      guest.put(directory, (directory + 0x2000) | P | RW | US);
      guest.put(directory + 0x2000 + 8 * 16, page | P | RW | US);
    }
    guest.paging(CR4_PAE);
    read(guest);
    guest.root(SECOND);
    read(guest);
    guest.root(FIRST);
    expect(read(guest)).toEqual({ host: RAM_BASE + 0x5010, fast: true });
    guest.root(SECOND);
    guest.put(0xa000 + 8 * 16 + 4, 1);
    guest.root(FIRST);
    expect(read(guest).host).not.toBe(RAM_BASE + 0x5010);
  });

  it("takes in more translations than it can remember", () => {
    const guest = guestWith();
    for (let i = 0; i < 1024; i++) guest.put(0x2000 + 4 * i, 0x5000 | P | RW | US);
    for (let i = 0; i < 1024; i++) guest.translate(i << 12, 4, Access.read);
    guest.root(SECOND);
    guest.root(FIRST);
    for (let i = 0; i < 1024; i++) expect(guest.translate(i << 12, 4, Access.read).host).toBe(RAM_BASE + 0x5000);
  });
});

describe("user code of an address space that comes back", () => {
  const heard = (guest: MmuGuest) => {
    const kinds: string[] = [];
    guest.mmu.onFlush = (kind) => kinds.push(kind);
    return kinds;
  };
  const user = (flags = P | RW | US) => {
    const guest = guestWith(flags);
    guest.mmu.setPrivilege(3);
    guest.root(FIRST);
    guest.mmu.translateFetch(0x10000);
    return guest;
  };

  it("has a jump cache of its own", () => {
    const guest = user();
    const own = guest.state.get(VIEW_JUMP_CACHE);
    guest.root(SECOND);
    const other = guest.state.get(VIEW_JUMP_CACHE);
    expect(other).not.toBe(own);
    expect([own, other].every((address) => address > JUMP_CACHE && (address - JUMP_CACHE) % JUMP_CACHE_SIZE === 0)).toBe(true);
    guest.root(FIRST);
    expect(guest.state.get(VIEW_JUMP_CACHE)).toBe(own);
  });

  it.each([
    ["of its own", P | RW | US],
    ["a global one", P | RW | US | G],
  ])("is where it was while its page, %s, is", (_, flags) => {
    const guest = user(flags);
    const kinds = heard(guest);
    guest.root(SECOND);
    guest.root(FIRST);
    expect(guest.mmu.lastFetched(0x10000)).toBe(RAM_BASE + 0x5000);
    guest.root(SECOND);
    guest.put(0x2040, 0x7000 | flags);
    guest.root(FIRST);
    expect(kinds).toEqual(["space", "warmSpace", "warmSpace", "space"]);
    expect(guest.mmu.lastFetched(0x10000)).toBe(0);
  });

  it("is known for fetches, and for reads too once its page has been read", () => {
    const guest = user();
    const back = () => {
      guest.root(SECOND);
      guest.root(FIRST);
    };
    back();
    const reads = [read(guest)];
    back();
    reads.push(read(guest));
    guest.mmu.flushPage(0x10000);
    guest.mmu.translateFetch(0x10000);
    back();
    reads.push(read(guest));
    expect(reads).toEqual([false, true, true].map((fast) => ({ host: RAM_BASE + 0x5010, fast })));
    expect(guest.mmu.lastFetched(0x10000)).toBe(RAM_BASE + 0x5000);
  });

  it("is where it was only if all that it came from was remembered", () => {
    const guest = user();
    for (let i = 0; i < 1024; i++) guest.put(0x2000 + 4 * i, 0x5000 | P | RW | US);
    for (let i = 0; i < 1024; i++) guest.mmu.translateFetch(i << 12);
    guest.root(SECOND);
    const kinds = heard(guest);
    guest.root(FIRST);
    guest.root(FIRST);
    expect(kinds).toEqual(["space", "warmSpace"]);
  });
});

describe("an access that straddles two pages", () => {
  it("needs no walks where the TLB knows both, and finds what lies there", () => {
    const guest = guestWith();
    guest.put(0x2044, 0x7000 | P | RW | US);
    guest.put(0x5ffc, 0x4433_2211);
    guest.put(0x7000, 0x8877_6655);
    for (const linear of [0x10000, 0x11000]) guest.translate(linear, 4, Access.write);
    const walks = guest.mmu.hiddenFaults;
    const read = guest.translate(0x10ffe, 4, Access.read).host;
    expect(guest.state.load(read, 4)).toBe(0x6655_4433);
    guest.state.store(guest.translate(0x10ffe, 4, Access.write).host, 4, 0xddcc_bbaa);
    guest.mmu.commit();
    expect([guest.get(0x5ffc), guest.get(0x7000)]).toEqual([0xbbaa_2211, 0x8877_ddcc]);
    expect(guest.mmu.hiddenFaults).toBe(walks);
  });
});
