import { describe, expect, it } from "vitest";
import { DR, EFLAGS } from "../../src/vmm/cpu/layout.js";
import { Access, CODE, CODE0, DATA, DATA0, EAX, ECX, EDI, ESP, FREE, handlerOf, STACK0, SystemGuest } from "./system-guest.js";

const DB = 1;
const RF = 0x1_0000;
const IF = 0x200;
const NOP = 0x90;
const IRET = 0xcf;
const INTERRUPT = 0x20;
const DR7 = DR + 56;
const savedRf = (guest: SystemGuest) => guest.stack(2) & RF;

function breakAt(guest: SystemGuest, address: number): void {
  guest.state.set(DR, address);
  guest.state.set(DR7, 0x402);
  guest.cpu.updateEvents();
}
/** A frame for IRET to CODE + 40h with RF. */
function returning(eflags: number): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.push(eflags | 2, CODE0, CODE + 0x40);
  return guest;
}

/** SDM vol. 3, 17.3.1.1. */
describe("RF in the frame", () => {
  it.each([
    ["#UD", [0x0f, 0x0b], 6, 2],
    ["#GP, behind its error code", [0xcd, 0xff], 13, 3],
    ["#DB of general detect", [0x0f, 0x21, 0xc0], DB, 2],
  ])("is set for a fault: %s", (_name, code, vector, word) => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(DR7, 0x2400);
    guest.gate(0xff, 0x80);
    guest.runToHandler(...(code as number[]));
    expect([guest.isAtHandler(vector as number), guest.stack(word as number) & RF]).toEqual([true, RF]);
  });

  it("is clear for an instruction breakpoint", () => {
    const guest = new SystemGuest().protectedMode();
    breakAt(guest, CODE);
    guest.runToHandler(NOP);
    expect([guest.isAtHandler(DB), savedRf(guest)]).toEqual([true, 0]);
  });

  it.each([
    ["INT n", [0xcd, 0x40], 0x40],
    ["INT3", [0xcc], 3],
    ["INT1", [0xf1], DB],
  ])("is clear for %s", (_name, code, vector) => {
    const guest = new SystemGuest().protectedMode();
    guest.runToHandler(...(code as number[]));
    expect([guest.isAtHandler(vector as number), savedRf(guest)]).toEqual([true, 0]);
  });

  it("is set for an interrupt between two iterations of a repeated string instruction", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setFlags(IF, IF);
    guest.set(ECX, 100);
    guest.set(EDI, DATA);
    guest.bytes(CODE, [0xf3, 0xab, NOP, NOP]);
    guest.interpreter.run(10);
    guest.cpu.setInterruptLine(true);
    guest.put(handlerOf(INTERRUPT), 0xf4, 1);
    guest.interpreter.run(10);
    expect([guest.isAtHandler(INTERRUPT), guest.stack(0), savedRf(guest)]).toEqual([true, CODE, RF]);
    expect(guest.reg(ECX)).toBe(90);
  });

  it("is clear for an interrupt behind the last one", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setFlags(IF, IF);
    guest.set(ECX, 10);
    guest.set(EDI, DATA);
    guest.bytes(CODE, [0xf3, 0xab, 0xeb, 0, NOP]);
    guest.interpreter.run(10);
    guest.cpu.setInterruptLine(true);
    guest.put(handlerOf(INTERRUPT), 0xf4, 1);
    guest.interpreter.run(10);
    expect([guest.isAtHandler(INTERRUPT), guest.reg(ECX), savedRf(guest)]).toEqual([true, 0, 0]);
  });

  it("stays for an interrupt that comes right behind the IRETD that set it", () => {
    const guest = returning(RF | IF);
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(IRET);
    expect([guest.isAtHandler(INTERRUPT), guest.stack(0), savedRf(guest)]).toEqual([true, CODE + 0x40, RF]);
  });

  it("is gone once the next instruction is done", () => {
    const guest = returning(RF | IF);
    guest.bytes(CODE + 0x40, [0xeb, 0, 0xeb, 0]);
    guest.bytes(CODE, [IRET]);
    guest.interpreter.run(2);
    guest.cpu.setInterruptLine(true);
    guest.put(handlerOf(INTERRUPT), 0xf4, 1);
    guest.interpreter.run(10);
    expect([guest.isAtHandler(INTERRUPT), guest.stack(0), savedRf(guest)]).toEqual([true, CODE + 0x42, 0]);
  });
});

describe("RF in EFLAGS", () => {
  it("lets one instruction pass its breakpoint", () => {
    const guest = returning(RF);
    guest.bytes(CODE + 0x40, [0x40, 0x75, 0xfd]); // inc eax; jnz to it
    breakAt(guest, CODE + 0x40);
    guest.runToHandler(IRET);
    expect([guest.isAtHandler(DB), guest.reg(EAX)]).toEqual([true, 1]);
  });

  it("lets a repeated string instruction pass its breakpoint with all iterations", () => {
    const guest = returning(RF);
    guest.set(ECX, 5);
    guest.set(EDI, DATA);
    guest.bytes(CODE + 0x40, [0xf3, 0xab, 0x0f, 0x0b]);
    breakAt(guest, CODE + 0x40);
    guest.runToHandler(IRET);
    expect([guest.isAtHandler(6), guest.reg(ECX)]).toEqual([true, 0]);
  });

  it("is not set by POPF", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(RF | 2);
    breakAt(guest, CODE + 1);
    guest.runToHandler(0x9d, NOP);
    expect([guest.isAtHandler(DB), guest.stack(0)]).toEqual([true, CODE + 1]);
  });

  it("is not set by IRET of 16 bits", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, CODE, 0xffff, Access.code, 4);
    guest.put(STACK0 - 6, 0x40, 2);
    guest.put(STACK0 - 4, FREE, 2);
    guest.put(STACK0 - 2, 2, 2);
    guest.set(ESP, STACK0 - 6);
    guest.bytes(CODE + 0x40, [NOP]);
    breakAt(guest, CODE + 0x40);
    guest.runToHandler(0x66, IRET);
    expect([guest.isAtHandler(DB), guest.stack(0)]).toEqual([true, 0x40]);
  });

  it("does not show in PUSHF's image", () => {
    const guest = returning(RF);
    guest.bytes(CODE + 0x40, [0x9c, 0x0f, 0x0b]);
    guest.runToHandler(IRET);
    expect([guest.isAtHandler(6), guest.stack(3) & RF]).toEqual([true, 0]);
  });

  it("comes from the TSS in a task switch", () => {
    const guest = new SystemGuest().protectedMode();
    const tss = 0x3800;
    guest.descriptor(FREE, tss, 0x67, Access.tss32);
    guest.put(tss + 32, CODE + 0x80);
    guest.put(tss + 36, RF | 2);
    guest.put(tss + 40 + 4 * ESP, STACK0 - 0x800);
    guest.put(tss + 76, CODE0);
    guest.put(tss + 80, DATA0);
    guest.bytes(CODE + 0x80, [NOP, 0x0f, 0x0b]);
    breakAt(guest, CODE + 0x80);
    guest.runToHandler(0xea, 0, 0, 0, 0, FREE, 0);
    expect([guest.isAtHandler(6), guest.state.get(EFLAGS) & RF]).toEqual([true, 0]);
  });
});
