import { describe, expect, it } from "vitest";
import { CR4, DR, EFLAGS } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import { CODE, EAX, HANDLERS, SystemGuest } from "./system-guest.js";

executes("0F 21", "0F 23");

const TF = 0x100;
const RF = 0x1_0000;
const NOP = 0x90;
const DR6 = DR + 48;
const DR7 = DR + 56;
const BS = 0x4000;
const handler = HANDLERS + 16;

/** Runs the real loop over code at EIP until a handler's first instruction (HLT) is reached. */
function run(guest: SystemGuest, ...code: number[]): void {
  guest.bytes(guest.eip, code);
  for (let vector = 0; vector < 256; vector++) guest.put(HANDLERS + 16 * vector, 0xf4, 1);
  guest.interpreter.run(1000);
}
const withFlags = (eflags: number) => {
  const guest = new SystemGuest().protectedMode();
  guest.cpu.setFlags(eflags, 0x300 | RF);
  return guest;
};

/** SDM vol. 3, 17.3.1.4. */
describe("single step", () => {
  it("traps after the instruction that follows, with TF clear in the handler", () => {
    const guest = withFlags(TF);
    run(guest, NOP, NOP);
    expect([guest.eip, guest.stack(0), guest.stack(2) & TF]).toEqual([handler + 1, CODE + 1, TF]);
    expect([guest.state.get(DR6) & BS, guest.state.get(EFLAGS) & TF]).toEqual([BS, 0]);
  });

  it("POPF that sets TF is followed by one more instruction", () => {
    const guest = withFlags(0);
    guest.push(0x102);
    run(guest, 0x9d, NOP, NOP);
    expect(guest.stack(0)).toBe(CODE + 2);
  });

  it("POPF that clears TF is trapped after, all the same", () => {
    const guest = withFlags(TF);
    guest.push(0x002);
    run(guest, 0x9d, NOP);
    expect([guest.eip, guest.stack(0)]).toEqual([handler + 1, CODE + 1]);
  });

  it("waits for the instruction after MOV SS (SDM vol. 3, 6.8.3)", () => {
    const guest = withFlags(TF);
    guest.set(EAX, 0x10);
    run(guest, 0x8e, 0xd0, NOP, NOP);
    expect(guest.stack(0)).toBe(CODE + 3);
  });

  it("does not follow INT n into its handler", () => {
    const guest = withFlags(TF);
    run(guest, 0xcd, 0x40);
    expect(guest.eip).toBe(HANDLERS + 0x401);
  });

  it("goes through REP one iteration at a time", () => {
    const guest = withFlags(TF);
    guest.set(1, 3);
    guest.set(7, 0x4_0000);
    run(guest, 0xf3, 0xaa, NOP);
    expect([guest.reg(1), guest.stack(0)]).toEqual([2, CODE]);
  });
});

/** SDM vol. 3, 6.8.3 and 6.8.1. */
describe("interrupt shadow", () => {
  it("STI lets one more instruction through", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    run(guest, 0xfb, NOP, NOP, 0xf4);
    expect(guest.stack(0)).toBe(CODE + 2);
  });

  it("STI with IF already set has no shadow", () => {
    const guest = withFlags(0x200);
    run(guest, 0xfb, 0xf4);
    guest.cpu.setInterruptLine(true);
    guest.interpreter.run(10);
    expect(guest.stack(0)).toBe(CODE + 2);
  });

  it("STI; HLT is woken by an interrupt that waits", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    run(guest, 0xfb, 0xf4, NOP);
    expect([guest.stack(0), guest.eip]).toEqual([CODE + 2, HANDLERS + 0x201]);
  });

  it("MOV SS lets the load of ESP through", () => {
    const guest = withFlags(0x200);
    guest.cpu.setInterruptLine(false);
    guest.set(EAX, 0x10);
    guest.exec(0x8e, 0xd0);
    guest.cpu.setInterruptLine(true);
    run(guest, 0xbc, 0x00, 0x00, 0x03, 0x00, NOP);
    expect([guest.reg(4), guest.stack(0)]).toEqual([0x3_0000 - 12, CODE + 7]);
  });

  it("CLI right after STI wins", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    run(guest, 0xfb, 0xfa, NOP, 0xf4);
    expect(guest.eip).toBe(CODE + 4);
  });
});

describe("NMI (SDM vol. 3, 6.7)", () => {
  it("ignores IF, ends HLT, and none follows before IRET", () => {
    const guest = new SystemGuest().protectedMode();
    run(guest, 0xf4, NOP);
    guest.cpu.signalNmi();
    guest.interpreter.run(10);
    expect([guest.eip, guest.stack(0)]).toEqual([HANDLERS + 0x21, CODE + 1]);
    guest.cpu.signalNmi();
    guest.cpu.clearEvents(0x100);
    guest.bytes(guest.eip, [NOP, 0xcf]);
    const esp = guest.reg(4);
    guest.interpreter.run(10);
    // IRET came first, then the second NMI, at the same place.
    expect([guest.reg(4), guest.eip, guest.stack(0)]).toEqual([esp, HANDLERS + 0x21, CODE + 1]);
  });
});

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
    expect([guest.eip, guest.stack(0), guest.state.get(DR6) & 0x2000]).toEqual([handler, CODE + 3, 0x2000]);
    expect(guest.exec(...fromDr(7))).toBeUndefined();
    expect(guest.reg(EAX)).toBe(0x400);
  });

  it("an instruction breakpoint is a fault before the instruction; RF lets it pass once", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(DR, CODE + 1);
    guest.state.set(DR7, 0x402);
    guest.cpu.updateEvents();
    run(guest, NOP, NOP, NOP, 0xf4);
    expect([guest.eip, guest.stack(0), guest.state.get(DR6) & 15]).toEqual([handler + 1, CODE + 1, 1]);
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
    run(guest, 0xe6, 0x80, NOP);
    expect([guest.eip, guest.stack(0), guest.state.get(DR6) & 15]).toEqual([handler + 1, CODE + 2, 2]);
  });
});
