/** Accesses of translated code that share one check of the TLB. */
import { describe, expect, it } from "vitest";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { CODE, DATA, EAX, EBX, ECX, EDI, EDX, ESI, SystemGuest } from "./system-guest.js";

const dword = (value: number) => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);

/** Each head is translated before it first runs. */
function translatingGuest(): SystemGuest {
  const it = new SystemGuest().protectedMode();
  it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 1, threshold: 0, strict: true });
  return it;
}

describe("a byte that is read and written, in a page that the TLB has no entry of", () => {
  it.each([0, 1, 0xffe, 0xfff])("is where the guest has it, %i bytes into the page", (offset) => {
    const it = translatingGuest();
    it.put(DATA + offset, 0x5a, 1);
    it.state.setReg(EBX, DATA + offset);
    it.state.setReg(ECX, 0xc3);
    it.bytes(CODE, [0x0f, 0xb6, 0x03, 0x88, 0x0b, 0xeb, 0xfe]); // movzx eax, byte [ebx]; mov [ebx], cl; jmp to itself
    it.cpu.eip = CODE;
    it.interpreter.run(50);
    expect(it.interpreter.translator.instructions).toBeGreaterThan(0);
    expect([it.reg(EAX), it.get(DATA + offset, 1)]).toEqual([0x5a, 0xc3]);
  });
});

describe("addresses that are made of the same registers", () => {
  it("are apart where one is a sum that was scaled, and the other a sum of something scaled", () => {
    const it = new SystemGuest().protectedMode();
    it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 500, threshold: 2, strict: true });
    it.put(DATA + 0x400, 1, 4);
    it.put(DATA + 0x100, 2, 4);
    it.state.setReg(EAX, 0x100);
    it.state.setReg(EBX, DATA / 4);
    it.state.setReg(EDI, 0);
    it.state.setReg(ESI, 5000);
    // lea ecx, [eax+ebx]; mov edx, [ecx*4]; add edi, [eax+ebx*4]; dec esi; jnz to the first; jmp to itself
    it.bytes(CODE, [0x8d, 0x0c, 0x18, 0x8b, 0x14, 0x8d, 0, 0, 0, 0, 0x03, 0x3c, 0x98, 0x4e, 0x75, 0xf0, 0xeb, 0xfe]);
    it.cpu.eip = CODE;
    for (let slice = 0; slice < 10; slice++) it.interpreter.run(4000, true);
    expect(it.interpreter.translator.instructions).toBeGreaterThan(10_000);
    expect([it.reg(EDX), it.reg(EDI)]).toEqual([1, 10_000]);
  });
});

describe("stores across two pages, in turn", () => {
  it("all come to be made in place, each of them found by itself", () => {
    const it = new SystemGuest().protectedMode();
    it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 500, threshold: 2, strict: true });
    const displacements = Array.from({ length: 10 }, (_, i) => 0x1000 * i + 0xffe);
    it.state.setReg(EBX, DATA);
    it.state.setReg(EAX, 1);
    // add [ebx+displacement], eax for each of them; dec esi; jnz to the first; jmp to itself
    const adds = displacements.flatMap((displacement) => [0x01, 0x83, ...dword(displacement)]);
    it.bytes(CODE, [...adds, 0x4e, 0x0f, 0x85, ...dword(-(adds.length + 7)), 0xeb, 0xfe]);
    it.cpu.eip = CODE;
    const left = () => it.interpreter.translator.exitsToInterpreter;
    for (let slice = 0, before = -1; left() !== before && slice < 2_000; slice += 100) {
      before = left();
      for (let i = 0; i < 100; i++) it.interpreter.run(4000, true);
    }
    const before = left();
    expect(before).toBeGreaterThan(10_000);
    for (const displacement of displacements) it.put(DATA + displacement, 0, 4);
    it.state.setReg(ESI, 5000);
    it.cpu.eip = CODE;
    for (let i = 0; i < 50; i++) it.interpreter.run(4000, true);
    expect(displacements.map((displacement) => it.get(DATA + displacement))).toEqual(displacements.map(() => 5000));
    // Once for each run, not for each turn of the loop.
    expect(left() - before).toBeLessThanOrEqual(50);
  });
});

describe("an access across two pages that can't be made in place", () => {
  const far = dword(DATA + 0xffe);
  it.each<[what: string, body: readonly number[]]>([
    ["of an instruction with two: PUSH", [0xbc, ...dword(DATA + 0x1002), 0xff, 0x35, ...dword(DATA + 0x2010), 0x5a]], // mov esp, behind far; push dword [...]; pop edx
    ["of MOVSD", [0xbe, ...dword(DATA + 0x2010), 0xbf, ...far, 0xa5]], // mov esi, ...; mov edi, far; movsd
    ["of a repeated MOVSD", [0xbe, ...dword(DATA), 0xbf, ...far, 0xb9, ...dword(4), 0xf3, 0xa5]], // with a count of 4
  ])("%s, has its region made again a few times at most", (_, body) => {
    const it = new SystemGuest().protectedMode();
    it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 500, threshold: 2, strict: true });
    it.bytes(CODE, [0x45, ...body, 0xeb, 256 - (body.length + 3)]); // inc ebp; body; jmp to the first
    it.cpu.eip = CODE;
    // Regions are looked at in every 64th slice: twenty times.
    for (let slice = 0; slice < 64 * 20; slice++) it.interpreter.run(4000, true);
    const { translator } = it.interpreter;
    expect(translator.exitsToInterpreter).toBeGreaterThan(10_000);
    expect(translator.retranslations).toBeLessThanOrEqual(10);
  });
});
