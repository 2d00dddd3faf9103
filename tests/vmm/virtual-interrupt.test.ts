import { describe, expect, it } from "vitest";
import { CR4 } from "../../src/vmm/cpu/layout.js";
import { Stopped } from "../../src/vmm/interpreter/interpreter.js";
import { CODE, CODE3, DATA3, HANDLERS, STACK3, SystemGuest } from "./system-guest.js";

const VIF_VIP = 0x18_0000;
const VIF = 0x8_0000;
const IOPL3 = 0x3000;
const VM = 0x2_0000;
const VME = 1;
const PVI = 2;
const HLT = 0xf4;
const NOP = 0x90;
const GP_HANDLER = HANDLERS + 16 * 13;

function kernel(cr4: number): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.state.set(CR4, cr4);
  guest.put(GP_HANDLER, HLT, 1);
  return guest;
}
/** Runs on until a HLT; the words of the #GP's frame: error code, EIP. */
function fault(guest: SystemGuest): number[] {
  guest.put(CODE, NOP, 1);
  guest.put(CODE + 1, HLT, 1);
  expect(guest.interpreter.run(100)).toBe(Stopped.Halted);
  expect(guest.eip).toBe(GP_HANDLER + 1);
  return [guest.stack(0), guest.stack(1)];
}

/** "If the processor finds that both the VIF and VIP flags are set at the beginning of an instruction" (SDM vol. 3, 20.3.2.4). */
describe("VIF and VIP both set", () => {
  it("is #GP(0) before the first instruction of the 8086 program that IRET went to, under VME", () => {
    expect(fault(kernel(VME).toVirtual8086(VM | VIF_VIP | 0x202))).toEqual([0, 0]);
  });

  it("is #GP(0) before the first instruction at CPL 3, under PVI", () => {
    expect(fault(kernel(PVI).toUser(VIF_VIP | 0x202))).toEqual([0, CODE]);
  });

  it.each([
    ["under VME, in protected mode", VME, VIF_VIP],
    ["under PVI with IOPL 3", PVI, VIF_VIP | IOPL3],
    ["without either", 0, VIF_VIP],
    ["VIF alone", PVI, VIF],
  ])("means nothing %s", (_, cr4, flags) => {
    const guest = kernel(cr4).toUser(flags | 0x202);
    // HLT at CPL 3 is a #GP too, of the second instruction.
    expect(fault(guest)).toEqual([0, CODE + 1]);
  });

  it("means nothing to the monitor at CPL 0, until a far RET, which leaves EFLAGS alone, gets to CPL 3", () => {
    const guest = kernel(PVI);
    guest.cpu.setFlags(VIF_VIP, VIF_VIP);
    guest.bytes(CODE + 0x100, [NOP, 0xcb]); // nop; retf
    guest.push(DATA3, STACK3, CODE3, CODE);
    guest.cpu.eip = CODE + 0x100;
    expect(fault(guest)).toEqual([0, CODE]);
  });
});
