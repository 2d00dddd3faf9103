import { describe, expect, it } from "vitest";
import { FAULT_ERROR, FAULT_VECTOR, RAM_BASE } from "../../src/vmm/cpu/layout.js";
import { Access } from "../../src/vmm/mmu/mmu.js";
import { MmuGuest, P, RW } from "./mmu-guest.js";

/** Pages 0x10 -> 0x5000 and 0x11 -> 0x8000 (not neighbours), 0x12 read-only, 0x13 absent, 0x14 -> a device at 0x90_0000, 0x15 nothing there. */
function guest(): MmuGuest {
  const g = new MmuGuest();
  g.put(0x1000, 0x2000 | P | RW);
  const pages = [0x5000 | P | RW, 0x8000 | P | RW, 0x9000 | P, 0, 0x900000 | P | RW, 0xa00000 | P | RW];
  pages.forEach((entry, i) => {
    g.put(0x2040 + 4 * i, entry);
  });
  g.paging();
  return g;
}

describe("slow path", () => {
  it("puts a page-crossing read together", () => {
    const g = guest();
    g.put(0x5ffc, 0x22110000);
    g.put(0x8000, 0x4433);
    const { host } = g.translate(0x10ffe, 4, Access.read);
    expect(host).toBeLessThan(RAM_BASE);
    expect(g.state.load(host, 4)).toBe(0x44332211);
  });

  it("gives a read-modify-write its present value and writes both pages on commit", () => {
    const g = guest();
    g.put(0x5ffc, 0x22110000);
    g.put(0x8000, 0xff004433);
    const { host } = g.translate(0x10ffe, 4, Access.modify);
    g.state.store(host, 4, g.state.load(host, 4) + 0x01010101);
    g.mmu.commit();
    expect([g.get(0x5ffc), g.get(0x8000)]).toEqual([0x23120000, 0xff004534]);
  });

  it("answers unaligned accesses inside a page without a scratch cell", () => {
    const g = guest();
    g.translate(0x10001, 4, Access.write);
    expect(g.translate(0x10003, 4, Access.write).host).toBe(RAM_BASE + 0x5003);
  });

  it("reports the fault of the second page with its address, and stores nothing", () => {
    const g = guest();
    expect(g.translate(0x11ffe, 4, Access.write).host).toBe(0);
    expect(g.fault()).toEqual({ vector: 14, error: 3, address: 0x12000 });
  });

  it("keeps two operands apart that both need a cell", () => {
    const g = guest();
    g.put(0x8000, 1);
    const a = g.translate(0x10ffe, 4, Access.read).host;
    const b = g.translate(0x10fff, 4, Access.read).host;
    expect(a).not.toBe(b);
  });

  it("makes one access of a device, of the operand's size, and only on commit", () => {
    const g = guest();
    const seen: unknown[] = [];
    g.mmu.memory.addRegion({
      base: 0x900000,
      size: 0x1000,
      read: (offset, size) => {
        seen.push(["read", offset, size]);
        return 0xabcd;
      },
      write: (offset, size, value) => seen.push(["write", offset, size, value]),
    });
    const { host } = g.translate(0x14010, 2, Access.modify);
    expect(g.state.load(host, 2)).toBe(0xabcd);
    g.state.store(host, 2, 0x1234);
    expect(seen).toEqual([["read", 0x10, 2]]);
    g.mmu.commit();
    expect(seen[1]).toEqual(["write", 0x10, 2, 0x1234]);
  });

  it("reads all ones where nothing is and ignores writes", () => {
    const g = guest();
    const { host } = g.translate(0x15000, 4, Access.modify);
    expect(g.state.load(host, 4)).toBe(0xffffffff);
    g.mmu.commit();
    expect(g.mmu.read(0x15ffe, 2, false)).toBe(0xffff);
  });

  it("finds nothing in the hole below 1 MiB", () => {
    const g = new MmuGuest();
    g.mmu.write(0xc0000, 2, 0xaa55, false);
    expect(g.mmu.read(0xc0000, 2, false)).toBe(0xffff);
  });

  it("wraps at 4 GiB, or breaks the limit of a flat segment", () => {
    const g = new MmuGuest();
    g.put(0, 0x4433);
    const { host } = g.translate(0xfffffffe, 4, Access.read);
    expect(g.state.load(host, 4)).toBe(0x4433ffff);
    expect(g.mmu.slow(0xfffffffe, 4, Access.read | Access.flat)).toBe(0);
    expect([g.state.get(FAULT_VECTOR), g.state.get(FAULT_ERROR)]).toEqual([13, 0]);
    g.mmu.slow(0xfffffffe, 4, Access.write | Access.flat | Access.stack);
    expect(g.state.get(FAULT_VECTOR)).toBe(12);
  });

  it("serves callouts across pages, all or nothing", () => {
    const g = guest();
    expect(g.mmu.write(0x10ffd, 4, 0x44332211, false)).toBe(true);
    expect(g.mmu.read(0x10ffd, 4, false)).toBe(0x44332211);
    expect(g.mmu.write(0x11ffd, 4, 0x99999999, false)).toBe(false);
    expect(g.mmu.read(0x11ffd, 2, false)).toBe(0);
  });

  it("fetches instruction bytes up to the page that cannot be fetched", () => {
    const g = guest();
    const bytes = new Uint8Array(15);
    expect(g.mmu.readBlock(0x12ff8, bytes)).toBe(8);
    expect(g.fault()).toEqual({ vector: 14, error: 0, address: 0x13000 });
  });

  it("counts hidden and true faults", () => {
    const g = guest();
    g.translate(0x10000, 4, Access.read);
    g.translate(0x13000, 4, Access.read);
    expect([g.mmu.hiddenFaults, g.mmu.trueFaults]).toEqual([1, 1]);
  });
});
