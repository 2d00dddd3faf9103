import { describe, expect, it } from "vitest";
import { A, CR0_WP, CR4_PAE, CR4_PSE, D, MmuGuest, P, PS, RW, US } from "./mmu-guest.js";

/** Linear 0x400000 -> physical 0x5000 through the table at 0x2000 (directory entry 1, table entry 0). */
const LINEAR = 0x400000;
function mapped(pde: number, pte: number, cr0 = CR0_WP): MmuGuest {
  const guest = new MmuGuest();
  guest.put(0x1004, 0x2000 | pde);
  guest.put(0x2000, 0x5000 | pte);
  guest.put(0x5000, 0x11223344);
  guest.paging(0, cr0);
  return guest;
}

describe("32-bit paging", () => {
  it("translates through directory and table", () => {
    expect(mapped(P, P).mmu.read(LINEAR, 4, false)).toBe(0x11223344);
  });

  it.each([
    ["directory entry not present", 0, P | RW | US, false, false, 0],
    ["table entry not present, user write", P | RW | US, 0, true, true, 6],
    ["user access to a supervisor page", P | RW | US, P | RW, false, true, 5],
    ["user access below a supervisor directory entry", P | RW, P | RW | US, false, true, 5],
    ["user write to a read-only page", P | RW | US, P | US, true, true, 7],
    ["supervisor write to a read-only page under WP", P | RW, P, true, false, 3],
  ])("#PF: %s", (_, pde, pte, write, user, error) => {
    const guest = mapped(pde, pte);
    expect(guest.mmu.probe(LINEAR + 8, 4, write, user)).toBe(false);
    expect(guest.fault()).toEqual({ vector: 14, error, address: LINEAR + 8 });
  });

  it("lets the supervisor write read-only pages without WP", () => {
    expect(mapped(P, P, 0).mmu.write(LINEAR, 4, 1, false)).toBe(true);
  });

  it("sets accessed in both levels for a read, dirty in the last for a write", () => {
    const guest = mapped(P | RW, P | RW);
    guest.mmu.read(LINEAR, 4, false);
    expect([guest.get(0x1004) & 0xff, guest.get(0x2000) & 0xff]).toEqual([P | RW | A, P | RW | A]);
    guest.mmu.write(LINEAR, 4, 0, false);
    expect([guest.get(0x1004) & 0xff, guest.get(0x2000) & 0xff]).toEqual([P | RW | A, P | RW | A | D]);
  });

  it("leaves entries alone when the access is refused", () => {
    const guest = mapped(P | RW, P);
    guest.mmu.write(LINEAR, 4, 0, false);
    expect([guest.get(0x1004) & 0xff, guest.get(0x2000) & 0xff]).toEqual([P | RW, P]);
  });

  it("maps 4 MiB pages only under PSE", () => {
    const guest = new MmuGuest();
    guest.put(0x1004, P | RW | PS); // 4 MiB page at 0; or a table at 0
    guest.put(0x3008, 77);
    guest.paging(CR4_PSE);
    expect(guest.mmu.read(LINEAR + 0x3008, 4, false)).toBe(77);
    guest.paging(0);
    expect(guest.mmu.read(LINEAR + 0x3008, 4, false)).toBe(-1);
  });

  it("#PF with the reserved bit for a 4 MiB page with bits above the physical address set", () => {
    const guest = new MmuGuest();
    guest.put(0x1004, P | RW | PS | 0x20000);
    guest.paging(CR4_PSE);
    expect(guest.mmu.read(LINEAR, 4, false)).toBe(-1);
    expect(guest.fault().error).toBe(9);
  });
});

describe("page attribute table, which is not announced", () => {
  it("makes its bit reserved under PSE, and free without", () => {
    const guest = mapped(P, P | PS);
    expect(guest.mmu.read(LINEAR, 4, false)).toBe(0x11223344);
    guest.paging(CR4_PSE);
    expect(guest.mmu.read(LINEAR, 4, false)).toBe(-1);
    expect(guest.fault().error).toBe(9);
  });
});

describe("PAE paging", () => {
  function pae(pdeHigh: number, pteLow: number, pteHigh: number): MmuGuest {
    const guest = new MmuGuest();
    guest.put(0x1000, 0x2000 | P); // PDPTE 0
    guest.put(0x2010, 0x3000 | P | RW | US); // PDE 2: 0x400000
    guest.put(0x2014, pdeHigh);
    guest.put(0x3000, 0x5000 | pteLow);
    guest.put(0x3004, pteHigh);
    guest.put(0x5000, 0x55667788);
    guest.paging(CR4_PAE);
    return guest;
  }

  it("translates through three levels", () => {
    expect(pae(0, P, 0).mmu.read(LINEAR, 4, false)).toBe(0x55667788);
  });

  it("reaches physical addresses above 4 GiB, where nothing is", () => {
    expect(pae(0, P, 1).mmu.read(LINEAR, 4, false)).toBe(0xffffffff);
  });

  it("maps 2 MiB pages", () => {
    const guest = pae(0, P, 0);
    guest.put(0x2018, P | PS); // PDE 3: 0x600000
    guest.mmu.flushAll();
    expect(guest.mmu.read(0x605000, 4, false)).toBe(0x55667788);
  });

  it("keeps the PDPTEs that were loaded with CR3", () => {
    const guest = pae(0, P, 0);
    guest.put(0x1000, 0);
    guest.mmu.flushAll();
    expect(guest.mmu.read(LINEAR, 4, false)).toBe(0x55667788);
    expect(guest.mmu.loadPdptes(0x1000)).toBe(true);
    guest.mmu.flushAll();
    expect(guest.mmu.read(LINEAR, 4, false)).toBe(-1);
  });

  it("refuses PDPTEs with reserved bits", () => {
    const guest = pae(0, P, 0);
    guest.put(0x1008, 0x2000 | P | RW);
    expect(guest.mmu.loadPdptes(0x1000)).toBe(false);
  });

  it("treats bit 63 as reserved where NX is not on", () => {
    const guest = pae(0, P, 0x80000000);
    expect(guest.mmu.read(LINEAR, 4, false)).toBe(-1);
    expect(guest.fault().error).toBe(9);
  });

  it("without NX has no fetch bit in error codes", () => {
    const guest = pae(0, 0, 0);
    expect(guest.mmu.translateFetch(LINEAR)).toBe(-1);
    expect(guest.fault()).toEqual({ vector: 14, error: 0, address: LINEAR });
  });
});
