import { describe, expect, it } from "vitest";
import { CR0, CR3, CR4, EFER } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { CODE, EAX, ECX, EDX, HANDLERS, SystemGuest } from "./system-guest.js";

executes("0F 30", "0F 32");

const IA32_EFER = 0xc000_0080;
const NXE = 0x800;
const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];
const GP = { vector: 13, error: 0 };
const PAE = 0x20;

function writeEfer(guest: SystemGuest, low: number, high = 0) {
  guest.set(ECX, IA32_EFER);
  guest.set(EAX, low);
  guest.set(EDX, high);
  return guest.exec(...WRMSR);
}

/** Where its page tables are: the first 2 MiB are mapped one to one, page by page. */
const POINTERS = 0x6_0000;
const DIRECTORY = 0x6_1000;
const TABLE = 0x6_2000;
const XD = 0x8000_0000;

/** PAE paging, executing at CODE. `forbid` marks the page of CODE as not executable, without flushing the TLB. */
function withPae(nxe: boolean): SystemGuest & { forbid(): void } {
  const guest = new SystemGuest().protectedMode();
  guest.put(POINTERS, DIRECTORY | 1);
  guest.put(DIRECTORY, TABLE | 7);
  for (let page = 0; page < 512; page++) guest.put(TABLE + 8 * page, (page << 12) | 7);
  if (nxe) writeEfer(guest, NXE);
  for (const [word, value] of [
    [CR4, PAE],
    [CR3, POINTERS],
    [CR0, 0x8000_0011],
  ]) {
    guest.set(EAX, value);
    guest.exec(0x0f, 0x22, 0xc0 | (word === CR4 ? 0x20 : word === CR3 ? 0x18 : 0));
  }
  return Object.assign(guest, { forbid: () => guest.put(TABLE + 8 * (CODE >> 12) + 4, XD) });
}

describe("IA32_EFER (SDM vol. 4)", () => {
  it("is 0 after reset and keeps NXE", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(ECX, IA32_EFER);
    guest.exec(...RDMSR);
    expect([guest.reg(EAX), guest.reg(EDX)]).toEqual([0, 0]);
    expect(writeEfer(guest, NXE)).toBeUndefined();
    guest.set(EAX, 0);
    guest.exec(...RDMSR);
    expect(guest.reg(EAX)).toBe(NXE);
    guest.cpu.reset();
    expect(guest.state.get(EFER)).toBe(0);
  });

  it.each([
    ["SCE", 0x001, 0],
    ["LME", 0x100, 0],
    ["LMA", 0x400, 0],
    ["SVME", 0x1000, 0],
    ["bit 32", NXE, 1],
  ])("refuses %s, which is not announced: #GP(0)", (_, low, high) => {
    const guest = new SystemGuest().protectedMode();
    expect(writeEfer(guest, low, high)).toEqual(GP);
    expect(guest.state.get(EFER)).toBe(0);
  });

  it("is for CPL 0", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    expect(writeEfer(guest, NXE)).toEqual(GP);
  });
});

/** SDM vol. 3, 4.6 and 4.7. */
describe("instructions in a page with XD", () => {
  it("are #PF with the fetch bit, and CR2 is their address", () => {
    const guest = withPae(true);
    guest.cpu.eip = CODE + 0x123;
    guest.forbid();
    guest.mmu.flushAll();
    guest.execDelivering(0x90);
    expect([guest.eip, guest.stack(0), guest.stack(1)]).toEqual([HANDLERS + 16 * 14, 0x11, CODE + 0x123]);
  });

  it("at CPL 3 are #PF with the user and fetch bits", () => {
    const guest = withPae(true).toUser();
    guest.put(TABLE + 8 * (CODE >> 12) + 4, XD);
    guest.mmu.flushAll();
    guest.execDelivering(0x90);
    expect(guest.stack(0)).toBe(0x15);
  });

  it("may be read and written", () => {
    const guest = withPae(true);
    guest.put(TABLE + 8 * 0x50 + 4, XD);
    expect(guest.exec(0xff, 0x05, 0, 0, 5, 0)).toBeUndefined(); // inc dword [50000]
    expect(guest.get(0x5_0000)).toBe(1);
  });

  it("without NXE are #PF with the reserved bit and no fetch bit, on every access", () => {
    const guest = withPae(false);
    guest.put(TABLE + 8 * 0x50 + 4, XD);
    expect(guest.exec(0xa1, 0, 0, 5, 0)).toEqual({ vector: 14, error: 9 });
    guest.forbid();
    guest.mmu.flushAll();
    expect(guest.exec(0x90)).toEqual({ vector: 14, error: 9 });
  });

  it("a change of NXE takes effect without a flush", () => {
    const guest = withPae(false);
    guest.put(TABLE + 8 * 0x50 + 4, XD);
    expect(guest.exec(0xa1, 0, 0, 5, 0)?.error).toBe(9);
    writeEfer(guest, NXE);
    expect(guest.exec(0xa1, 0, 0, 5, 0)).toBeUndefined();
    writeEfer(guest, 0);
    expect(guest.exec(0xa1, 0, 0, 5, 0)?.error).toBe(9);
  });
});

describe("error codes of fetches that fail for another reason", () => {
  it.each([
    ["with NXE and PAE have the fetch bit", true, 0x10],
    ["without NXE don't", false, 0],
  ])("%s", (_, nxe, fetch) => {
    const guest = withPae(nxe);
    guest.put(TABLE + 8 * (CODE >> 12), 0);
    guest.mmu.flushAll();
    expect(guest.exec(0x90)).toEqual({ vector: 14, error: fetch });
  });

  it("with NXE but without PAE don't", () => {
    const guest = new SystemGuest().protectedMode();
    writeEfer(guest, NXE);
    guest.put(DIRECTORY, TABLE | 3);
    for (let page = 0; page < 0x40; page++) guest.put(TABLE + 4 * page, (page << 12) | 3);
    guest.state.set(CR3, DIRECTORY);
    guest.set(EAX, 0x8000_0011);
    guest.exec(0x0f, 0x22, 0xc0);
    guest.put(TABLE + 4 * (CODE >> 12), 0);
    guest.mmu.flushAll();
    expect(guest.exec(0x90)).toEqual({ vector: 14, error: 0 });
  });
});
