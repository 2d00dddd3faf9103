import { describe, expect, it } from "vitest";
import { FS } from "../../src/vmm/cpu/layout.js";
import { descriptorsChanged, irreversibleSegments } from "../../src/vmm/cpu/reversible.js";
import { Access, EAX, FREE, GDT, SystemGuest } from "./system-guest.js";

function withFs(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.descriptor(FREE, 0x1000, 0xfff, Access.data);
  guest.set(EAX, FREE);
  guest.exec(0x8e, 0xe0);
  return guest;
}
const irreversible = (guest: SystemGuest) => {
  descriptorsChanged(guest.cpu);
  return irreversibleSegments(guest.cpu);
};

/** A segment is reversible while saving and loading its selector would give the same hidden part. */
describe("reversible segments", () => {
  it("are those whose descriptor in memory equals the hidden part", () => {
    expect(irreversible(withFs())).toBe(0);
  });

  it("stop being so when base, limit or rights change in memory", () => {
    for (const change of [
      (g: SystemGuest) => g.descriptor(FREE, 0x2000, 0xfff, Access.data),
      (g: SystemGuest) => g.descriptor(FREE, 0x1000, 0xffe, Access.data),
      (g: SystemGuest) => g.descriptor(FREE, 0x1000, 0xfff, Access.readOnly),
    ]) {
      const guest = withFs();
      change(guest);
      expect(irreversible(guest)).toBe(1 << FS);
    }
  });

  it("don't care about the accessed bit", () => {
    const guest = withFs();
    guest.put(GDT + FREE + 5, Access.data, 1);
    expect(irreversible(guest)).toBe(0);
  });

  it("are none when the table no longer reaches them, and all again when it does", () => {
    const guest = withFs();
    guest.state.set(0x1204, 0x3f);
    expect(irreversible(guest)).toBe(1 << FS);
    guest.state.set(0x1204, 0xfff);
    expect(irreversible(guest)).toBe(0);
  });

  it("looking leaves no fault behind", () => {
    const guest = withFs();
    guest.cpu.raise(6);
    guest.state.set(0x1204, 0);
    irreversible(guest);
    expect(guest.state.get(0x10d4)).toBe(6);
  });
});
