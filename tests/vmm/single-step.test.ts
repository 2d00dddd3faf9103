import { describe, expect, it } from "vitest";
import { DR, EFLAGS, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from "../../src/vmm/cpu/layout.js";
import { Access, CODE, CODE0, DATA, DATA0, EAX, EDI, ESP, FREE, handlerOf, STACK0, SystemGuest } from "./system-guest.js";

const DB = 1;
const TF = 0x100;
const IF = 0x200;
const RF = 0x1_0000;
const NOP = 0x90;
const IRET = 0xcf;
const DR6 = DR + 48;
const BS = 0x4000;
const BT = 0x8000;

const withFlags = (eflags: number) => {
  const guest = new SystemGuest().protectedMode();
  guest.cpu.setFlags(eflags, TF | IF | RF);
  return guest;
};
const stepping = () => withFlags(TF);
/** Where the trap's frame returns to, from the start of the code. */
const trap = (guest: SystemGuest) => (guest.isAtHandler(DB) ? guest.stack(0) - CODE : undefined);

/** SDM vol. 3, 17.3.1.4. */
describe("single step", () => {
  it("traps after the instruction that follows, with TF clear in the handler", () => {
    const guest = stepping();
    guest.runToHandler(NOP, NOP);
    expect([trap(guest), guest.stack(2) & TF]).toEqual([1, TF]);
    expect([guest.state.get(DR6) & BS, guest.state.get(EFLAGS) & TF]).toEqual([BS, 0]);
  });

  it("POPF that sets TF is followed by one more instruction", () => {
    const guest = withFlags(0);
    guest.push(0x102);
    guest.runToHandler(0x9d, NOP, NOP);
    expect(trap(guest)).toBe(2);
  });

  it("POPF that clears TF is trapped after, all the same", () => {
    const guest = stepping();
    guest.push(0x002);
    guest.runToHandler(0x9d, NOP);
    expect(trap(guest)).toBe(1);
  });

  it("IRET that sets TF is followed by one more instruction", () => {
    const guest = withFlags(0);
    guest.push(0x102, CODE0, CODE + 0x20);
    guest.bytes(CODE + 0x20, [NOP, NOP]);
    guest.runToHandler(IRET);
    expect(trap(guest)).toBe(0x21);
  });

  it("IRET that clears TF is trapped where it has returned to", () => {
    const guest = stepping();
    guest.push(0x002, CODE0, CODE + 0x20);
    guest.runToHandler(IRET);
    expect([trap(guest), guest.stack(2) & TF]).toEqual([0x20, 0]);
  });

  it("goes on through the handler's IRET", () => {
    const guest = stepping();
    guest.runToHandler(NOP, NOP, NOP);
    const traps = [trap(guest)];
    for (let i = 0; i < 2; i++) {
      guest.goOn(IRET);
      traps.push(trap(guest));
    }
    expect(traps).toEqual([1, 2, 3]);
  });

  it("does not follow a fault: the frame has TF, the handler hasn't, and no trap is left over", () => {
    const guest = stepping();
    guest.runToHandler(0x0f, 0x0b);
    expect([guest.isAtHandler(6), guest.stack(0), guest.stack(2) & TF, guest.state.get(DR6) & BS]).toEqual([true, CODE, TF, 0]);
  });

  it.each([
    ["INT n", [0xcd, 0x40], 0x40],
    ["INT3", [0xcc], 3],
    ["INTO", [0xce], 4],
  ])("does not follow %s into its handler", (_name, code, vector) => {
    const guest = stepping();
    guest.cpu.setFlags(0x800, 0x800);
    guest.runToHandler(...(code as number[]));
    expect([guest.isAtHandler(vector as number), guest.stack(2) & TF, guest.state.get(DR6) & BS]).toEqual([true, TF, 0]);
  });

  it("does follow SYSENTER, which leaves TF: before the first instruction there (SDM vol. 2, SYSENTER)", () => {
    const guest = stepping();
    guest.state.set(SYSENTER_CS, CODE0);
    guest.state.set(SYSENTER_ESP, STACK0 - 0x100);
    guest.state.set(SYSENTER_EIP, CODE + 0x100);
    guest.runToHandler(0x0f, 0x34);
    expect([trap(guest), guest.stack(2) & TF]).toEqual([0x100, TF]);
  });

  it("wakes from HLT at once", () => {
    const guest = stepping();
    guest.runToHandler(0xf4, NOP);
    expect(trap(guest)).toBe(1);
  });
});

describe("single step in repeated string instructions: behind every iteration", () => {
  it.each([
    ["STOS", [0xf3, 0xaa]],
    ["MOVS", [0xf3, 0xa4]],
    ["SCAS", [0xf2, 0xae]],
    ["INS", [0xf3, 0x6c]],
  ])("%s", (_name, code) => {
    const guest = stepping();
    guest.set(1, 3);
    guest.set(EAX, 0x55);
    guest.set(EDI, DATA);
    guest.runToHandler(...(code as number[]), NOP);
    const seen = [[guest.reg(1), trap(guest), guest.stack(2) & RF]];
    for (let i = 0; i < 2; i++) {
      guest.goOn(IRET);
      seen.push([guest.reg(1), trap(guest), guest.stack(2) & RF]);
    }
    // RF is set in between (SDM vol. 3, 17.3.1.1); the last trap is behind the instruction.
    expect(seen).toEqual([
      [2, 0, RF],
      [1, 0, RF],
      [0, 2, 0],
    ]);
  });

  it("once with a count of 0", () => {
    const guest = stepping();
    guest.set(1, 0);
    guest.runToHandler(0xf3, 0xaa, NOP);
    expect(trap(guest)).toBe(2);
  });
});

/** SDM vol. 3, 6.8.3: the trap behind a load of SS is suppressed, not deferred. */
describe("single step and loads of SS", () => {
  it.each([
    ["MOV SS", [0x8e, 0xd0], 3],
    ["POP SS", [0x17], 2],
  ])("%s: one trap, behind the next instruction", (_name, code, end) => {
    const guest = stepping();
    guest.set(EAX, DATA0);
    guest.push(DATA0);
    guest.runToHandler(...(code as number[]), NOP, NOP);
    expect(trap(guest)).toBe(end);
  });

  it("no trap is left over when the next instruction is INT n", () => {
    const guest = stepping();
    guest.set(EAX, DATA0);
    guest.runToHandler(0x8e, 0xd0, 0xcd, 0x40);
    expect([guest.isAtHandler(0x40), guest.state.get(DR6) & BS]).toEqual([true, 0]);
  });

  it("STI has a trap of its own: its shadow holds interrupts only", () => {
    const guest = stepping();
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(0xfb, NOP, NOP);
    expect(trap(guest)).toBe(1);
  });
});

/** SDM vol. 2, INT n: INT1 is no software interrupt; vol. 3, 6.3.3. */
describe("INT1", () => {
  it("is a #DB at any CPL, whatever the gate's DPL, and changes nothing in DR6", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    const before = guest.state.get(DR6);
    guest.runToHandler(0xf1);
    expect([guest.isAtHandler(DB), guest.stack(0), guest.cpu.cpl, guest.state.get(DR6)]).toEqual([true, CODE + 1, 0, before]);
  });

  it("is allowed in virtual-8086 mode with IOPL 0", () => {
    const guest = new SystemGuest().protectedMode().toVirtual8086();
    guest.runToHandler(0xf1);
    expect([guest.isAtHandler(DB), guest.stack(0)]).toEqual([true, 1]);
  });
});

/** SDM vol. 3, 17.3.1.5 and 7.2.1. */
describe("task switches", () => {
  const NEW_TSS = 0x3800;
  const TRAP = 100;
  /** A task that starts at CODE + 80h with these EFLAGS. */
  function withTask(guest: SystemGuest, eflags: number): SystemGuest {
    guest.descriptor(FREE, NEW_TSS, 0x67, Access.tss32);
    guest.put(NEW_TSS + 32, CODE + 0x80);
    guest.put(NEW_TSS + 36, eflags);
    guest.put(NEW_TSS + 40 + 4 * ESP, STACK0 - 0x800);
    for (const [offset, selector] of [
      [72, DATA0],
      [76, CODE0],
      [80, DATA0],
      [84, DATA0],
    ])
      guest.put(NEW_TSS + offset, selector);
    guest.bytes(CODE + 0x80, [NOP, NOP, NOP]);
    return guest;
  }
  const jumpToTask = [0xea, 0, 0, 0, 0, FREE, 0];

  it("to a TSS with T: a trap before the first instruction, DR6.BT", () => {
    const guest = withTask(withFlags(0), 2);
    guest.put(NEW_TSS + TRAP, 1, 2);
    guest.runToHandler(...jumpToTask);
    expect([trap(guest), guest.state.get(DR6) & (BT | BS)]).toEqual([0x80, BT]);
  });

  it("to a task with TF: a trap after its first instruction", () => {
    const guest = withTask(withFlags(0), TF | 2);
    guest.runToHandler(...jumpToTask);
    expect([trap(guest), guest.state.get(DR6) & (BT | BS)]).toEqual([0x81, BS]);
  });
});

/** SDM vol. 3, table 6-2. */
describe("what comes at one instruction boundary", () => {
  const setUp = () => {
    const guest = withFlags(IF);
    // Trap gates leave IF set, so that they don't hide the interrupt.
    for (const vector of [DB, 2]) guest.gate(vector, Access.trap32);
    return guest;
  };

  it("is taken in order: debug trap, NMI, interrupt; so the last one's handler runs first", () => {
    const guest = setUp();
    guest.set(EAX, DATA0);
    guest.exec(0x8e, 0xd0);
    // MOV SS keeps all of them back for one instruction.
    guest.cpu.setFlags(TF, TF);
    guest.cpu.signalNmi();
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(NOP, NOP);
    expect(guest.isAtHandler(0x20)).toBe(true);
    expect([guest.stack(0), guest.stack(3), guest.stack(6)]).toEqual([handlerOf(2), handlerOf(DB), CODE + 3]);
  });

  it("an interrupt comes before an instruction breakpoint", () => {
    const guest = withFlags(IF);
    guest.state.set(DR, CODE);
    guest.state.set(DR + 56, 0x402);
    guest.cpu.updateEvents();
    guest.cpu.setInterruptLine(true);
    guest.runToHandler(NOP);
    expect([guest.isAtHandler(0x20), guest.stack(0), guest.state.get(DR6) & 0xf]).toEqual([true, CODE, 0]);
  });

  it("an instruction breakpoint comes before the faults of the instruction's fetch and execution", () => {
    const guest = withFlags(0);
    guest.state.set(DR, CODE);
    guest.state.set(DR + 56, 0x402);
    guest.cpu.updateEvents();
    guest.runToHandler(0x0f, 0x0b);
    expect(trap(guest)).toBe(0);
  });
});
