import { describe, expect, it } from "vitest";
import { CODE, EAX, HANDLERS, SystemGuest } from "./system-guest.js";

const NOP = 0x90;
const IF = 0x200;
const withInterruptsOn = () => {
  const guest = new SystemGuest().protectedMode();
  guest.cpu.setFlags(IF, IF);
  return guest;
};

/** SDM vol. 3, 6.8.3 and 6.8.1. */
describe("interrupt shadow", () => {
  it("STI lets one more instruction through", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(0xfb, NOP, NOP, 0xf4);
    expect(guest.stack(0)).toBe(CODE + 2);
  });

  it("STI with IF already set has no shadow", () => {
    const guest = withInterruptsOn();
    guest.runToHandler(0xfb, 0xf4);
    guest.cpu.setInterruptLine(true);
    guest.interpreter.run(10);
    expect(guest.stack(0)).toBe(CODE + 2);
  });

  it("STI; HLT is woken by an interrupt that waits", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(0xfb, 0xf4, NOP);
    expect([guest.stack(0), guest.eip]).toEqual([CODE + 2, HANDLERS + 0x201]);
  });

  it("MOV SS lets the load of ESP through", () => {
    const guest = withInterruptsOn();
    guest.cpu.setInterruptLine(false);
    guest.set(EAX, 0x10);
    guest.exec(0x8e, 0xd0);
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(0xbc, 0x00, 0x00, 0x03, 0x00, NOP);
    expect([guest.reg(4), guest.stack(0)]).toEqual([0x3_0000 - 12, CODE + 7]);
  });

  it("CLI right after STI wins", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(0xfb, 0xfa, NOP, 0xf4);
    expect(guest.eip).toBe(CODE + 4);
  });
});
