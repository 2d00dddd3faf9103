/** What translated user code remembers of pages goes with the translations that it was made from. */
import { expect, it } from "vitest";
import { CR0_PG, CR0_WP } from "../../src/vmm/cpu/control-bits.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { Recent, recentPage } from "../../src/vmm/mmu/recent-pages.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { CODE, DATA, EAX, EBX, ECX, EDI, ESI, handlerOf, SystemGuest } from "./system-guest.js";

const DIRECTORIES = [0x5_0000, 0x5_2000];
const TABLES = [0x5_1000, 0x5_3000];
/** Present, writable, for user code. */
const USER = 7;
const OTHER = DATA + 0x1000;
const PAGE_FAULT = 14;

/**
 * A loop in user code that counts in EDI, adds what EBX points to to EAX, and stores ECX and EAX to where ESI does. Linear is physical, in two address spaces.
 */
function looping(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  for (const [i, directory] of DIRECTORIES.entries()) {
    guest.put(directory, TABLES[i] | USER);
    for (let page = 0; page < 256; page++) guest.put(TABLES[i] + 4 * page, (page * at.PAGE_SIZE) | USER);
  }
  guest.state.set(at.CR0, guest.state.get(at.CR0) | CR0_PG | CR0_WP);
  guest.mmu.pagingChanged();
  root(guest, 0);
  guest.interpreter.translateBy(new LocalPort(guest.state.u8), { quantum: 1, threshold: 0, strict: true });
  guest.put(DATA, 1);
  guest.put(OTHER, 2);
  guest.toLevel(3);
  guest.state.setReg(EBX, DATA);
  guest.state.setReg(ESI, DATA + 0x100);
  // inc edi; add eax, [ebx]; mov [esi], ecx; mov [esi+4], eax; jmp to the first
  guest.bytes(CODE, [0x47, 0x03, 0x03, 0x89, 0x0e, 0x89, 0x46, 0x04, 0xeb, 0xf6]);
  guest.cpu.eip = CODE;
  run(guest);
  expect(guest.interpreter.translator.instructions).toBeGreaterThan(500);
  for (const write of [false, true]) expect(remembered(guest, write)).toBeGreaterThan(0);
  return guest;
}
function root(guest: SystemGuest, space: number): void {
  guest.state.set(at.CR3, DIRECTORIES[space]);
  guest.mmu.rootChanged();
}
function run(guest: SystemGuest): void {
  for (let slice = 0; slice < 4; slice++) guest.interpreter.run(1_000, true);
}
/** Whether each turn of the loop adds so much, in translated code and where the interpreter runs it. (The last turn may not have come so far.) */
function adds(guest: SystemGuest, word: number): boolean {
  for (const register of [EAX, EDI]) guest.state.setReg(register, 0);
  run(guest);
  const turns = guest.reg(EDI);
  return turns > 500 && [turns, turns - 1].some((n) => guest.reg(EAX) === Math.imul(n, word) >>> 0);
}
function remembered({ state }: SystemGuest, write: boolean): number {
  const slots = Array.from({ length: at.RECENT_PAGE_SLOTS }, (_, site) => recentPage(write, site));
  return slots.filter((slot) => state.get(slot + Recent.limit) !== 0).length;
}
const entryOf = (table: number, linear: number): number => table + 4 * (linear / at.PAGE_SIZE);

it.each<[string, (guest: SystemGuest) => void]>([
  [
    "INVLPG",
    (guest) => {
      guest.put(entryOf(TABLES[0], DATA), OTHER | USER);
      guest.mmu.flushPage(DATA);
    },
  ],
  [
    "a write to CR3",
    (guest) => {
      guest.put(entryOf(TABLES[1], DATA), OTHER | USER);
      root(guest, 1);
    },
  ],
  [
    "a page fault of another access, behind which the page is entered anew",
    (guest) => {
      guest.put(entryOf(TABLES[0], DATA), OTHER | USER);
      // The store asks for a write entry: it walks, and enters the read entry with it.
      guest.state.set(at.TLB + 3 * at.TLB_SIZE + 4 * (DATA / at.PAGE_SIZE), 0);
      for (const site of [0, 1]) guest.state.set(recentPage(true, site) + Recent.limit, 0);
      run(guest);
    },
  ],
])("another page is found where it was, by %s", (_how, change) => {
  const guest = looping();
  change(guest);
  expect(adds(guest, 2)).toBe(true);
});

it("a page that may not be written to any more faults", () => {
  const guest = looping();
  guest.put(entryOf(TABLES[0], DATA), DATA | (USER - 2));
  guest.mmu.flushPage(DATA);
  guest.state.setReg(ECX, 3);
  guest.put(handlerOf(PAGE_FAULT), 0xf4, 1); // hlt
  guest.interpreter.run(1_000, true);
  expect(guest.isAtHandler(PAGE_FAULT)).toBe(true);
  expect(guest.get(DATA + 0x100)).not.toBe(3);
});

it("a store to a page that holds code by now is seen", () => {
  const guest = looping();
  const { cache } = guest.interpreter;
  const target = DATA + 0x100;
  const distance = CODE - (target + 5);
  guest.bytes(
    target,
    [0xe9, distance, distance >> 8, distance >> 16, distance >> 24].map((byte) => byte & 0xff),
  ); // jmp to the loop
  guest.cpu.eip = target;
  guest.interpreter.run(1);
  expect(cache.holdsCode(DATA / at.PAGE_SIZE)).toBe(true);
  expect(remembered(guest, true)).toBe(0);
  guest.state.setReg(ECX, 0x1234_5678);
  run(guest);
  expect(cache.holdsCode(DATA / at.PAGE_SIZE)).toBe(false);
  expect(guest.get(DATA + 0x100)).toBe(0x1234_5678);
});

it("an access at the end of a page goes on in the next one, wherever that is", () => {
  const guest = looping();
  guest.put(entryOf(TABLES[0], OTHER), 0x6_0000 | USER);
  guest.mmu.flushPage(OTHER);
  guest.put(DATA + 0xffc, 0x4433_2211);
  guest.put(0x6_0000, 0x8877_6655);
  for (let offset = 0xff0; offset <= 0x1000; offset++) {
    guest.state.setReg(EBX, DATA + offset);
    const physical = Array.from({ length: 4 }, (_, i) => (offset + i < 0x1000 ? DATA + offset + i : 0x6_0000 + offset + i - 0x1000));
    const word = physical.reduceRight((upper, address) => upper * 256 + guest.get(address, 1), 0);
    expect(adds(guest, word)).toBe(true);
  }
});

it.each([0x10, 0x20, 0x3c])(
  "accesses that are checked together are where the guest has them, on both sides of 2 GiB: %i bytes below",
  (below) => {
    const guest = looping();
    const MIDDLE = 0x8000_0000;
    for (const [place, frame] of [
      [0x5_4ffc, 0x6_0000],
      [0x5_5000, 0x6_1000],
    ])
      guest.put(place, frame | USER);
    guest.put(DIRECTORIES[0] + 4 * 0x1ff, 0x5_4000 | USER);
    guest.put(DIRECTORIES[0] + 4 * 0x200, 0x5_5000 | USER);
    const base = 0x6_1000 - below;
    for (const offset of [0, 0x20, 0x3c]) guest.put(base + offset, offset + 1);
    // mov eax, [ebx]; add eax, [ebx+0x20]; add eax, [ebx+0x3c]; mov [ebx+0x10], eax; mov [ebx+0x30], ecx; jmp to the first
    guest.bytes(DATA + 0x800, [0x8b, 0x03, 0x03, 0x43, 0x20, 0x03, 0x43, 0x3c, 0x89, 0x43, 0x10, 0x89, 0x4b, 0x30, 0xeb, 0xf0]);
    guest.cpu.eip = DATA + 0x800;
    guest.state.setReg(EBX, MIDDLE - below);
    for (let turn = 1; turn < 8; turn++) {
      guest.state.setReg(ECX, turn);
      // Slots are empty again.
      root(guest, 0);
      run(guest);
      expect([guest.get(base + 0x10), guest.get(base + 0x30)]).toEqual([0x5f, turn]);
    }
  },
);
