import { describe, expect, it } from "vitest";
import { CR0, CR3, CR4, MMX_GATE, SSE_GATE, X87_GATE } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { CODE, DATA, EAX, SystemGuest } from "./system-guest.js";

executes("0F 01 /4", "0F 01 /6", "0F 06", "0F 20", "0F 22");

const to = (n: number) => [0x0f, 0x22, 0xc0 | (n << 3)];
const from = (n: number) => [0x0f, 0x20, 0xc0 | (n << 3)];
function write(guest: SystemGuest, n: number, value: number) {
  guest.set(EAX, value);
  return guest.exec(...to(n));
}
const GP = { vector: 13, error: 0 };

/** SDM vol. 3, 2.5; vol. 2, MOV (control registers). */
describe("MOV to and from control registers", () => {
  it("reads back what was written", () => {
    const guest = new SystemGuest().protectedMode();
    for (const n of [2, 3]) {
      expect(write(guest, n, 0x1234_5018)).toBeUndefined();
      guest.set(EAX, 0);
      guest.exec(...from(n));
      expect(guest.reg(EAX)).toBe(0x1234_5018);
    }
  });

  it("knows CR0, CR2, CR3 and CR4 only", () => {
    const guest = new SystemGuest().protectedMode();
    for (const n of [1, 5, 6, 7]) {
      expect(guest.exec(...to(n))?.vector).toBe(6);
      expect(guest.exec(...from(n))?.vector).toBe(6);
    }
  });

  it("is for CPL 0", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    expect(guest.exec(...to(0))).toEqual(GP);
    expect(guest.exec(...from(3))).toEqual(GP);
  });

  it("refuses PG without PE, NW without CD, and reserved bits of CR4", () => {
    const guest = new SystemGuest().protectedMode();
    expect(write(guest, 0, 0x8000_0010)).toEqual(GP);
    expect(write(guest, 0, 0x2000_0011)).toEqual(GP);
    expect(write(guest, 4, 0x40)).toEqual(GP); // MCE, which is not announced
    expect([guest.state.get(CR0) & 1, guest.state.get(CR4)]).toEqual([1, 0]);
  });

  it("keeps ET set and ignores undefined bits of CR0", () => {
    const guest = new SystemGuest().protectedMode();
    write(guest, 0, 0x0000_ffc1);
    expect(guest.state.get(CR0)).toBe(0x11);
  });

  it("turns paging on and off, and a change of CR3 changes what addresses mean", () => {
    const guest = new SystemGuest().protectedMode();
    const table = (directory: number, page: number, frame: number) => {
      guest.put(directory, (directory + 0x1000) | 3);
      for (let i = 0; i < 0x40; i++) guest.put(directory + 0x1000 + 4 * i, (i << 12) | 3);
      guest.put(directory + 0x1000 + 4 * page, frame | 3);
    };
    table(0x5_0000, DATA >> 12, 0x6_0000);
    table(0x5_2000, DATA >> 12, 0x6_1000);
    guest.put(0x6_0000, 0x600d);
    guest.put(0x6_1000, 0x700d);
    guest.put(DATA, 0x800d);
    const load = () => {
      guest.exec(0xa1, 0, 0, 4, 0);
      return guest.reg(EAX);
    };
    write(guest, 3, 0x5_0000);
    write(guest, 0, 0x8000_0011);
    expect(load()).toBe(0x600d);
    write(guest, 3, 0x5_2000);
    expect(load()).toBe(0x700d);
    write(guest, 0, 0x11);
    expect(load()).toBe(0x800d);
  });

  it("refuses PAE page-directory pointers with reserved bits: #GP(0), CR3 stays (SDM vol. 3, 4.4.1)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(0x5_0000, 0x5_1001);
    guest.put(0x5_1000, 0x83); // 2 MiB page at 0
    guest.put(0x5_0020, 0x5_1003);
    write(guest, 4, 0x20);
    write(guest, 3, 0x5_0000);
    expect(write(guest, 0, 0x8000_0011)).toBeUndefined();
    expect(write(guest, 3, 0x5_0020)).toEqual(GP);
    expect(guest.state.get(CR3)).toBe(0x5_0000);
  });
});

/** SDM vol. 3, 4.4.1: which changes of CR0 and CR4 read the PDPTEs again, from the table that CR3 points to. */
describe("PDPTEs of PAE paging", () => {
  const TABLE = 0x5_0000;
  const PSE = 0x10;
  const PAE = 0x20;
  const PGE = 0x80;
  const CD_NW = 0x6000_0000;
  const PG_PE = 0x8000_0011;
  function paging() {
    const guest = new SystemGuest().protectedMode();
    guest.put(TABLE, 0x5_1001);
    guest.put(0x5_1000, 0x83); // 2 MiB page at 0
    write(guest, 4, PAE);
    write(guest, 3, TABLE);
    write(guest, 0, PG_PE);
    guest.put(TABLE, 0x5_1003); // a reserved bit: whoever reads this now is refused
    return guest;
  }

  it.each([
    ["CR4.PGE", 4, PAE | PGE],
    ["CR4.PSE", 4, PAE | PSE],
    ["CR0.CD", 0, PG_PE | 0x4000_0000],
    ["CR0.CD and NW", 0, PG_PE | CD_NW],
  ])("are loaded by a change of %s", (_, n, value) => {
    const guest = paging();
    const before = [guest.state.get(CR0), guest.state.get(CR4)];
    expect(write(guest, n, value)).toEqual(GP);
    expect([guest.state.get(CR0), guest.state.get(CR4)]).toEqual(before);
    guest.put(TABLE, 0x5_1001);
    expect(write(guest, n, value)).toBeUndefined();
  });

  it.each([
    ["CR0.WP", 0, PG_PE | 0x1_0000],
    ["CR0.TS", 0, PG_PE | 8],
    ["CR4.TSD", 4, PAE | 4],
    ["nothing", 4, PAE],
    ["paging's end", 0, 0x11],
  ])("are not loaded by a change of %s", (_, n, value) => {
    expect(write(paging(), n, value)).toBeUndefined();
  });
});

describe("LMSW, SMSW and CLTS", () => {
  it("LMSW sets PE but never clears it, and leaves the high bits", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, 0xffff_0000 | 0xe);
    expect(guest.exec(0x0f, 0x01, 0xf0)).toBeUndefined();
    expect(guest.state.get(CR0) & 0xffff).toBe(0x1f);
  });

  it("LMSW clears MP, EM and TS where the operand has them clear, and only them", () => {
    const guest = new SystemGuest().protectedMode();
    for (const word of [0x0, 0x2, 0x4, 0x8, 0xe]) {
      write(guest, 0, 0x5_003f);
      guest.set(EAX, word);
      expect(guest.exec(0x0f, 0x01, 0xf0)).toBeUndefined();
      expect(guest.state.get(CR0)).toBe(0x5_0031 | word);
    }
  });

  it("SMSW needs no privilege: all of CR0 to a 32-bit register, 16 bits to memory", () => {
    const guest = new SystemGuest().protectedMode();
    guest.exec(0x0f, 0x01, 0xe0);
    expect(guest.reg(EAX)).toBe(guest.state.get(CR0));
    guest.put(DATA, 0xffff_ffff);
    guest.exec(0x0f, 0x01, 0x25, 0, 0, 4, 0);
    expect(guest.get(DATA)).toBe((0xffff_0000 | (guest.state.get(CR0) & 0xffff)) >>> 0);
  });

  it("CLTS clears TS and opens the gates of the floating-point unit", () => {
    const guest = new SystemGuest().protectedMode();
    write(guest, 4, 0x200);
    write(guest, 0, 0x19);
    expect([X87_GATE, MMX_GATE, SSE_GATE].map((gate) => guest.state.get(gate) !== 0)).toEqual([true, true, true]);
    expect(guest.exec(0xd9, 0xe8)).toEqual({ vector: 7, error: -1 });
    expect(guest.exec(0x0f, 0x06)).toBeUndefined();
    expect([X87_GATE, MMX_GATE, SSE_GATE].map((gate) => guest.state.get(gate))).toEqual([0, 0, 0]);
    expect(guest.exec(0xd9, 0xe8)).toBeUndefined();
    expect(guest.eip).toBeGreaterThan(CODE);
  });
});
