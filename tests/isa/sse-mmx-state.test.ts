import { beforeEach, describe, expect, it } from "vitest";
import { updateFpuGates } from "../../src/vmm/cpu/fpu-gate.js";
import { CR0, CR4, DS, Seg, X87_STATUS } from "../../src/vmm/cpu/layout.js";
import { DATA, EDI } from "../vmm/system-guest.js";
import { R0_EBX, R0_R1, SseGuest } from "./sse-guest.js";

const X87 = { top: 5, tags: 0x20, exponent: 0x3fff };
const NM = 7;
const UD = 6;
const MF = 16;

let guest: SseGuest;
beforeEach(() => {
  guest = new SseGuest().useX87();
});

/** SDM vol. 1, 9.5, and the descriptions of the instructions that use both MMX and XMM registers. */
describe("MMX registers lie in those of the x87", () => {
  it("an instruction that writes one makes TOP 0, all registers valid, and its exponent ones", () => {
    guest.exec(0x0f, 0xef, 0xc0); // pxor mm0, mm0
    expect(guest.mmxState).toEqual({ top: 0, tags: 0xff, exponent: 0xffff });
  });
  it.each([
    ["MOVQ to memory", [0x0f, 0x7f, R0_EBX]],
    ["MOVD from mm0", [0x0f, 0x7e, 0xc0]],
    ["PMOVMSKB", [0x0f, 0xd7, 0xc0]],
    ["MOVQ2DQ", [0xf3, 0x0f, 0xd6, 0xc0]],
    ["CVTPI2PS of a register", [0x0f, 0x2a, 0xc0]],
    ["MASKMOVQ", [0x0f, 0xf7, 0xc0]],
  ])("one that only reads leaves the exponent: %s", (_, code) => {
    guest.set(EDI, DATA);
    expect(guest.exec(...code)).toBeUndefined();
    expect(guest.mmxState).toEqual({ top: 0, tags: 0xff, exponent: 0x3fff });
  });
  it("EMMS empties them", () => {
    guest.exec(0x0f, 0x77);
    expect(guest.mmxState).toEqual({ top: 0, tags: 0, exponent: 0x3fff });
  });
  it.each([
    ["a fault in memory", [0x0f, 0x6f, 0x05, 0, 0, 0, 0xf0]],
    ["CVTPI2PD from memory", [0x66, 0x0f, 0x2a, R0_EBX]],
    ["an XMM instruction", [0x66, 0x0f, 0xef, 0xc0]],
  ])("these leave x87 state alone: %s", (name, code) => {
    if (name === "a fault in memory") {
      // F0000000 is beyond the limit of the data segment.
      guest.state.setSegment(DS, Seg.readHigh, 0xfffff);
      guest.cpu.modeChanged();
      expect(guest.exec(...code)?.vector).toBe(13);
    } else {
      expect(guest.exec(...code)).toBeUndefined();
    }
    expect(guest.mmxState).toEqual(X87);
  });
});

describe("who may use the units", () => {
  const PXOR_MMX = [0x0f, 0xef, R0_R1];
  const PXOR_XMM = [0x66, 0x0f, 0xef, R0_R1];
  const CVTPS2PI = [0x0f, 0x2d, R0_R1];
  function vectors(cr0: number, { osfxsr = true, pending = false } = {}) {
    guest.state.set(CR0, guest.state.get(CR0) | cr0);
    if (!osfxsr) guest.state.set(CR4, 0);
    if (pending) guest.state.set(X87_STATUS, 0x8081);
    updateFpuGates(guest.cpu);
    return [PXOR_MMX, PXOR_XMM, CVTPS2PI].map((code) => guest.exec(...code)?.vector);
  }
  it("CR0.TS", () => expect(vectors(8)).toEqual([NM, NM, NM]));
  it("CR0.EM", () => expect(vectors(4)).toEqual([UD, UD, UD]));
  it("CR4.OSFXSR clear", () => expect(vectors(0, { osfxsr: false })).toEqual([undefined, UD, UD]));
  it("a pending x87 exception", () => expect(vectors(0, { pending: true })).toEqual([MF, undefined, MF]));
  it("none of it stops the fences, CLFLUSH, MOVNTI and PREFETCH", () => {
    guest.state.set(CR0, guest.state.get(CR0) | 12);
    updateFpuGates(guest.cpu);
    for (const code of [
      [0x0f, 0xae, 0xe8],
      [0x0f, 0xae, 0xf0],
      [0x0f, 0xae, 0xf8],
      [0x0f, 0xae, 0x3b],
      [0x0f, 0xc3, R0_EBX],
      [0x0f, 0x18, 0x0b],
    ]) {
      expect(guest.exec(...code)).toBeUndefined();
    }
  });
});

describe("masked stores", () => {
  it("MASKMOVDQU stores the chosen bytes at EDI", () => {
    guest.setXmm(0, "0f0e0d0c0b0a09080706050403020100").setXmm(1, "80000000000000000000000000ff8080");
    guest.set(EDI, DATA + 3);
    for (let i = 0; i < 24; i++) guest.put(DATA + i, 0xee, 1);
    guest.exec(0x66, 0x0f, 0xf7, R0_R1);
    const stored = Array.from({ length: 24 }, (_, i) => guest.get(DATA + i, 1));
    expect(stored.map((byte, i) => (byte === 0xee ? undefined : [i, byte])).filter(Boolean)).toEqual([
      [3, 0],
      [4, 1],
      [5, 2],
      [18, 15],
    ]);
  });
});
