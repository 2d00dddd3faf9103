import { describe, expect, it } from "vitest";
import { RAM_BASE } from "../../src/vmm/cpu/layout.js";
import { Access } from "../../src/vmm/mmu/mmu.js";
import { MmuGuest, P, RW } from "./mmu-guest.js";

/** Linear pages 0x10 and 0x11 both map physical page 5, which holds code; page 0x12 maps page 6. */
function watched() {
  const guest = new MmuGuest();
  guest.put(0x1000, 0x2000 | P | RW);
  guest.put(0x2040, 0x5000 | P | RW);
  guest.put(0x2044, 0x5000 | P | RW);
  guest.put(0x2048, 0x6000 | P | RW);
  guest.paging();
  const code = new Set<number>();
  const written: [number, number][] = [];
  guest.mmu.memory.codeWatch = { holdsCode: (page) => code.has(page), written: (physical, size) => written.push([physical, size]) };
  const hold = (page: number) => {
    code.add(page);
    guest.mmu.protectCode(page);
  };
  return { guest, written, hold };
}

/** A store of 4 bytes as emitted code makes it. */
function store(guest: MmuGuest, linear: number, value: number): boolean {
  const { host } = guest.translate(linear, 4, Access.write);
  if (host === 0) return false;
  guest.state.store(host, 4, value);
  if (host < RAM_BASE) guest.mmu.commit();
  return true;
}

describe("code watch", () => {
  it("sees stores by every linear alias, also by those that were in the TLB", () => {
    const { guest, written, hold } = watched();
    store(guest, 0x10000, 1);
    store(guest, 0x11000, 1);
    hold(5);
    store(guest, 0x10010, 2);
    store(guest, 0x11020, 3);
    expect(written).toEqual([
      [0x5010, 4],
      [0x5020, 4],
    ]);
    expect(guest.get(0x5020)).toBe(3);
    expect(guest.mmu.tracedWrites).toBe(2);
  });

  it("costs reads nothing", () => {
    const { guest, hold } = watched();
    hold(5);
    guest.translate(0x10000, 4, Access.read);
    expect(guest.translate(0x10000, 4, Access.read).fast).toBe(true);
  });

  it("sees both halves of a store that crosses into a page with code", () => {
    const { guest, written, hold } = watched();
    hold(6);
    store(guest, 0x11ffe, 0x44332211);
    expect(written).toEqual([[0x6000, 2]]);
    expect([guest.get(0x5ffc) >>> 16, guest.get(0x6000)]).toEqual([0x2211, 0x4433]);
  });

  it("sees accessed and dirty flags set by page walks", () => {
    const { guest, written, hold } = watched();
    hold(2);
    guest.mmu.write(0x12000, 4, 1, false);
    expect(written).toEqual([[0x2048, 4]]);
  });

  it("sees the monitor's own stores and DMA", () => {
    const { guest, written, hold } = watched();
    hold(5);
    guest.mmu.write(0x10004, 2, 1, false);
    guest.mmu.memory.writeBytes(0x4ffc, new Uint8Array(8));
    expect(written).toEqual([
      [0x5004, 2],
      [0x5000, 4],
    ]);
  });
});
