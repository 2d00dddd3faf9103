import { describe, expect, it } from "vitest";
import { Stopped } from "../../src/vmm/interpreter/interpreter.js";
import { CODE, DATA0, EAX, ESP, handlerOf, SystemGuest } from "./system-guest.js";

const NMI = 2;
const NOP = 0x90;
const HLT = 0xf4;
const IRET = 0xcf;

/** SDM vol. 3, 6.7. */
describe("NMI", () => {
  it("ignores IF and ends HLT", () => {
    const guest = new SystemGuest().protectedMode();
    guest.runToHandler(HLT, NOP);
    guest.cpu.signalNmi();
    guest.interpreter.run(10);
    expect([guest.isAtHandler(NMI), guest.stack(0)]).toEqual([true, CODE + 1]);
  });

  it("is blocked from its delivery to IRET, and one is remembered", () => {
    const guest = new SystemGuest().protectedMode();
    guest.runToHandler(HLT, NOP);
    guest.cpu.signalNmi();
    guest.interpreter.run(10);
    guest.cpu.signalNmi();
    guest.cpu.signalNmi();
    const esp = guest.reg(ESP);
    guest.goOn(NOP, IRET);
    // IRET came first, then the second NMI, at the same place.
    expect([guest.isAtHandler(NMI), guest.reg(ESP), guest.stack(0)]).toEqual([true, esp, CODE + 1]);
    guest.goOn(IRET);
    expect(guest.isAtHandler(NMI)).toBe(false);
  });

  it("is unblocked by an IRET that faults: taken before that fault's handler (SDM vol. 2, IRET)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.signalNmi();
    guest.runToHandler(NOP);
    guest.cpu.signalNmi();
    guest.push(2, 0xfff8, CODE);
    guest.goOn(IRET);
    expect([guest.isAtHandler(NMI), guest.stack(0)]).toEqual([true, handlerOf(13)]);
  });

  it("waits for the instruction after MOV SS (SDM vol. 3, 6.8.3)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, DATA0);
    guest.exec(0x8e, 0xd0);
    guest.cpu.signalNmi();
    guest.runToHandler(NOP, NOP);
    expect([guest.isAtHandler(NMI), guest.stack(0)]).toEqual([true, CODE + 3]);
  });
});

describe("a processor that has halted", () => {
  it("can be woken by nothing with interrupts off and NMIs blocked", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.signalNmi();
    guest.runToHandler(NOP);
    expect(guest.cpu.canWake).toBe(false);
    guest.cpu.signalNmi();
    expect([guest.interpreter.run(10), guest.cpu.canWake]).toEqual([Stopped.Halted, false]);
  });

  it("stays so until its interrupt comes", () => {
    const guest = new SystemGuest().protectedMode();
    guest.runToHandler(0xfb, HLT, NOP);
    expect([guest.interpreter.run(10), guest.eip, guest.cpu.canWake]).toEqual([Stopped.Halted, CODE + 2, true]);
    guest.cpu.setInterruptLine(true);
    guest.interpreter.run(10);
    expect([guest.isAtHandler(0x20), guest.stack(0)]).toEqual([true, CODE + 2]);
  });
});
