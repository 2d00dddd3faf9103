/** Accesses to two pages that lie apart in RAM, interpreted and translated. */
import { describe, expect, it, vi } from "vitest";
import { CR0_PG } from "../../src/vmm/cpu/control-bits.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { SseGuest } from "../isa/sse-guest.js";
import { CODE, EAX, EBP, EBX, ECX, EDI, EDX } from "./system-guest.js";

const PAGE = at.PAGE_SIZE;
const DIRECTORY = 0x8_0000;
const TABLE = DIRECTORY + PAGE;
/** Linear; the first page is where it is in RAM, the next one elsewhere. */
const FROM = 0x5_0000;
const TO = 0x6_0000;
const ELSEWHERE = new Map([
  [FROM + PAGE, 0x7_0000],
  [TO + PAGE, 0x7_2000],
]);

const dword = (value: number) => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);

type Engine = "interpreted" | "translated";
function guest(engine: Engine): SseGuest {
  const it = new SseGuest();
  it.put(DIRECTORY, TABLE | 3);
  for (let page = 0; page < 256; page++) it.put(TABLE + 4 * page, (ELSEWHERE.get(page * PAGE) ?? page * PAGE) | 3);
  it.state.set(at.CR3, DIRECTORY);
  it.state.set(at.CR0, (it.state.get(at.CR0) | CR0_PG) >>> 0);
  it.cpu.restored();
  if (engine === "translated") it.interpreter.translateBy(new LocalPort(it.state.u8), { quantum: 1, threshold: 0, strict: false });
  return it;
}
/** Bytes around the end of the first page. */
function around(it: SseGuest, linear: number): number[] {
  const second = ELSEWHERE.get(linear + PAGE) ?? 0;
  const bytes = (physical: number) => Array.from({ length: 32 }, (_, i) => it.get(physical + i, 1));
  return [...bytes(linear + PAGE - 32), ...bytes(second)];
}
function fill(it: SseGuest, linear: number, pattern: number): void {
  const second = ELSEWHERE.get(linear + PAGE) ?? 0;
  for (let i = 0; i < 32; i++) {
    it.put(linear + PAGE - 32 + i, (i * 7 + pattern) & 0x7f, 1);
    it.put(second + i, (i * 11 + pattern + 1) & 0x7f, 1);
  }
}
/** The body, over and over, counting in EBP. */
function loop(it: SseGuest, body: readonly number[]): void {
  it.bytes(CODE, [...body, 0x45, 0xe9, ...dword(-(body.length + 6))]);
  it.cpu.eip = CODE;
}

const engines: Engine[] = ["interpreted", "translated"];
const copies: [string, number, number[]][] = [
  ["a word", 2, [0x66, 0x8b, 0x03, 0x66, 0x89, 0x07]], // mov ax, [ebx]; mov [edi], ax
  ["a doubleword", 4, [0x8b, 0x03, 0x89, 0x07]], // mov eax, [ebx]; mov [edi], eax
  ["MOVSD", 4, [0x89, 0xde, 0x57, 0xa5, 0x5f]], // mov esi, ebx; push edi; movsd; pop edi
  ["MOVQ", 8, [0xf3, 0x0f, 0x7e, 0x03, 0x66, 0x0f, 0xd6, 0x07]], // movq xmm0, [ebx]; movq [edi], xmm0
  ["FLD and FSTP of m80", 10, [0xdb, 0xe3, 0xdb, 0x2b, 0xdb, 0x3f]], // behind FNINIT
  ["MOVUPS", 16, [0x0f, 0x10, 0x03, 0x0f, 0x11, 0x07]],
];

describe.each(engines)("an object across two pages, %s", (engine) => {
  it.each(copies)("is copied whole by %s, and its neighbours stay", (_, size, body) => {
    for (let before = 1; before < size; before++) {
      for (const after of new Set([1, size >> 1, size - 1])) {
        const it = guest(engine);
        fill(it, FROM, 3);
        fill(it, TO, 50);
        const expected = around(it, TO);
        expected.splice(32 - after, size, ...around(it, FROM).slice(32 - before, 32 - before + size));
        it.set(EBX, FROM + PAGE - before);
        it.set(EDI, TO + PAGE - after);
        loop(it, body);
        it.interpreter.run(100, true);
        expect(it.reg(EBP)).toBeGreaterThan(5);
        expect([before, after, around(it, TO)]).toEqual([before, after, expected]);
      }
    }
  });

  it("is changed in place", () => {
    for (const before of [1, 2, 3]) {
      const it = guest(engine);
      fill(it, TO, 0);
      const expected = around(it, TO);
      const view = new DataView(Uint8Array.from(expected).buffer);
      it.set(EAX, 0x0102_0304);
      it.set(EDI, TO + PAGE - before);
      loop(it, [0x01, 0x07]); // add [edi], eax
      it.interpreter.run(99, true);
      view.setInt32(32 - before, view.getInt32(32 - before, true) + it.reg(EBP) * 0x0102_0304, true);
      expect(it.reg(EBP)).toBeGreaterThan(5);
      expect(around(it, TO)).toEqual([...new Uint8Array(view.buffer)]);
    }
  });

  it("is there as it is now, when it is read again behind a store to one of the pages", () => {
    const it = guest(engine);
    fill(it, FROM, 0);
    it.set(EBX, FROM + PAGE - 2);
    loop(it, [0xff, 0x43, 0x02, 0x8b, 0x03, 0xa3, ...dword(TO)]); // inc dword [ebx+2]; mov eax, [ebx]; mov [TO], eax
    it.interpreter.run(100, true);
    const [low, high] = [around(it, FROM).slice(30, 32), around(it, FROM).slice(32, 34)];
    expect(dword(it.get(TO))).toEqual([...low, ...high]);
  });

  it("may be code: what was there isn't run any more", () => {
    const it = guest(engine);
    const code = ELSEWHERE.get(TO + PAGE) ?? 0;
    it.bytes(code, [0x41, 0x90, 0x90, 0xc3]); // inc ecx; nop; nop; ret
    it.set(EDI, TO + PAGE - 4);
    // The first turn stores what is there, all others DEC EDX in the place of INC ECX.
    it.setXmm(0, "c390904190909090").setXmm(1, "c390904a90909090");
    const call = (from: number) => [0xe8, ...dword(TO + PAGE - (CODE + from + 5))];
    const store = [0x66, 0x0f, 0xd6, 0x07, 0x0f, 0x28, 0xc1]; // movq [edi], xmm0; movaps xmm0, xmm1
    for (const register of [ECX, EDX]) it.set(register, 0);
    loop(it, [...store, ...call(store.length)]);
    it.interpreter.run(200, true);
    const turns = it.reg(EBP);
    expect(turns).toBeGreaterThan(5);
    expect(it.reg(ECX)).toBe(1);
    // The budget may have ended in the middle of a turn.
    expect([turns - 1, turns]).toContain(2 ** 32 - it.reg(EDX));
  });

  it("is given by the monitor's TLB, once its pages are known", () => {
    const it = guest(engine);
    fill(it, FROM, 0);
    it.set(EBX, FROM + PAGE - 5);
    it.set(EDI, TO + PAGE - 9);
    const slow = vi.spyOn(it.mmu, "slow");
    loop(it, [0x0f, 0x10, 0x03, 0x0f, 0x11, 0x07]);
    it.interpreter.run(100, true);
    const before = slow.mock.calls.length;
    const left = it.interpreter.translator.exitsToInterpreter;
    it.interpreter.run(1000, true);
    expect(before).toBeGreaterThan(0);
    expect(slow.mock.calls.length).toBe(before);
    // Nor is it left to the interpreter.
    if (engine === "translated") expect(it.interpreter.translator.instructions).toBeGreaterThan(900);
    expect(it.interpreter.translator.exitsToInterpreter).toBe(left);
  });
});
