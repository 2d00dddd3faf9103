import { describe, expect, it } from "vitest";
import { CR4, DR, EFLAGS } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { CODE, EAX, handlerOf, SystemGuest } from "./system-guest.js";

executes("0F 21", "0F 23");

const DB = 1;
const RF = 0x1_0000;
const NOP = 0x90;
const DR6 = DR + 48;
const DR7 = DR + 56;

/** SDM vol. 3, 17.2 and 17.3. */
describe("debug registers", () => {
  const toDr = (n: number) => [0x0f, 0x23, 0xc0 | (n << 3)];
  const fromDr = (n: number) => [0x0f, 0x21, 0xc0 | (n << 3)];

  it("DR4 and DR5 are DR6 and DR7 without CR4.DE, #UD with it", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, 0x401);
    guest.exec(...toDr(5));
    expect(guest.state.get(DR7)).toBe(0x401);
    guest.exec(...fromDr(4));
    expect(guest.reg(EAX)).toBe(0xffff_0ff0);
    guest.state.set(CR4, 8);
    expect(guest.exec(...fromDr(4))?.vector).toBe(6);
  });

  it("reserved bits are fixed", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, 0);
    guest.exec(...toDr(6));
    guest.exec(...toDr(7));
    expect([guest.state.get(DR6), guest.state.get(DR7)]).toEqual([0xffff_0ff0, 0x400]);
  });

  it("with GD any access is #DB, and its handler may use them", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(EAX, 0x2400);
    guest.exec(...toDr(7));
    guest.execDelivering(...fromDr(0));
    expect([guest.eip, guest.stack(0), guest.state.get(DR6) & 0x2000]).toEqual([handlerOf(DB), CODE + 3, 0x2000]);
    expect(guest.exec(...fromDr(7))).toBeUndefined();
    expect(guest.reg(EAX)).toBe(0x400);
  });

  it("an instruction breakpoint is a fault before the instruction; RF lets it pass once", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(DR, CODE + 1);
    guest.state.set(DR7, 0x402);
    guest.cpu.updateEvents();
    guest.runToHandler(NOP, NOP, NOP, 0xf4);
    expect([guest.isAtHandler(DB), guest.stack(0), guest.state.get(DR6) & 15]).toEqual([true, CODE + 1, 1]);
    expect(guest.stack(2) & RF).toBe(0);
    // The handler sets RF in the frame and returns.
    guest.put(guest.reg(4) + 8, RF | 2);
    guest.cpu.clearEvents(0x100);
    guest.bytes(guest.eip, [0xcf]);
    guest.interpreter.run(10);
    expect([guest.eip, guest.state.get(EFLAGS) & RF]).toEqual([CODE + 4, 0]);
  });

  it("an I/O breakpoint traps after the instruction (CR4.DE)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(CR4, 8);
    guest.state.set(DR + 8, 0x80);
    guest.state.set(DR7, 0x0020_0408);
    guest.runToHandler(0xe6, 0x80, NOP);
    expect([guest.isAtHandler(DB), guest.stack(0), guest.state.get(DR6) & 15]).toEqual([true, CODE + 2, 2]);
  });
});
