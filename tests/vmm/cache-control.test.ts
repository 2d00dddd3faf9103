import { describe, expect, it } from "vitest";
import { executes } from "./executes.js";
import { CODE, DATA, EAX, SystemGuest } from "./system-guest.js";

executes("0F 01 /7", "0F 08", "0F 09");

const GP = { vector: 13, error: 0 };

/** SDM vol. 2, INVD and WBINVD; there is no cache that a guest could tell from memory. */
describe("INVD and WBINVD", () => {
  it.each([
    ["INVD", 0x08],
    ["WBINVD", 0x09],
  ])("%s at CPL 0 loses nothing", (_, opcode) => {
    const guest = new SystemGuest().protectedMode();
    guest.put(DATA, 0x1234_5678);
    expect(guest.exec(0x0f, opcode)).toBeUndefined();
    expect([guest.get(DATA), guest.eip]).toEqual([0x1234_5678, CODE + 2]);
    expect(guest.toUser().exec(0x0f, opcode)).toEqual(GP);
  });
});

/** SDM vol. 2, INVLPG; vol. 3, 4.10.4.1. */
describe("INVLPG", () => {
  const DIRECTORY = 0x5_0000;
  const TABLE = 0x5_1000;
  const FRAMES = [0x6_0000, 0x6_1000];

  /** Paging on, all pages at their own addresses but DATA and the next one, which are at the first frame. */
  function paged(): SystemGuest {
    const guest = new SystemGuest().protectedMode();
    guest.put(DIRECTORY, TABLE | 3);
    for (let i = 0; i < 0x100; i++) guest.put(TABLE + 4 * i, (i << 12) | 3);
    for (const page of [DATA, DATA + 0x1000]) guest.put(TABLE + 4 * (page >> 12), FRAMES[0] | 3);
    for (const frame of FRAMES) guest.put(frame, frame);
    guest.set(EAX, DIRECTORY);
    guest.exec(0x0f, 0x22, 0xd8); // mov cr3, eax
    guest.set(EAX, 0x8000_0011);
    guest.exec(0x0f, 0x22, 0xc0); // mov cr0, eax
    return guest;
  }
  const load = (guest: SystemGuest, page: number) => {
    guest.exec(0xa1, page & 0xff, (page >> 8) & 0xff, (page >> 16) & 0xff, page >>> 24); // mov eax, [page]
    return guest.reg(EAX);
  };

  it("forgets the translation of the page that it names, and of no other", () => {
    const guest = paged();
    const pages = [DATA, DATA + 0x1000];
    expect(pages.map((page) => load(guest, page))).toEqual([FRAMES[0], FRAMES[0]]);
    for (const page of pages) guest.put(TABLE + 4 * (page >> 12), FRAMES[1] | 3);
    expect(guest.exec(0x0f, 0x01, 0x3d, 0x10, 0, 4, 0)).toBeUndefined(); // invlpg [DATA + 10h]
    expect(load(guest, DATA)).toBe(FRAMES[1]);
    // Not promised by the manual, but what makes it cheaper than a flush.
    expect(load(guest, DATA + 0x1000)).toBe(FRAMES[0]);
  });

  it("is for CPL 0, and has no register form", () => {
    expect(new SystemGuest().protectedMode().exec(0x0f, 0x01, 0xf8)?.vector).toBe(6);
    expect(new SystemGuest().protectedMode().toUser().exec(0x0f, 0x01, 0x38)).toEqual(GP);
  });
});
