import { describe, expect, it } from "vitest";
import { CR0, CS, DR, EFLAGS, ES, LDTR, SS, TR } from "../../src/vmm/cpu/layout.js";
import {
  Access,
  absent,
  CODE,
  CODE0,
  CODE3,
  DATA0,
  DATA3,
  EAX,
  EBX,
  FREE,
  GDT,
  HANDLERS,
  LDT_SELECTOR,
  level,
  STACK0,
  STACK3,
  SystemGuest,
  TSS,
  TSS_SELECTOR,
} from "./system-guest.js";

const NEW_TSS = 0x5000;
const NEW_EIP = 0x1_4000;
const GATE = FREE + 8;
const NT = 0x4000;

/** A second task in CODE0, at CPL 0, with registers 0x1111 * (n + 1). */
function withTask(access: number = Access.tss32): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.descriptor(FREE, NEW_TSS, 0x67, access);
  const put = (offset: number, value: number) => guest.put(NEW_TSS + offset, value);
  put(0x20, NEW_EIP);
  put(0x24, 0x202);
  for (let n = 0; n < 8; n++) put(0x28 + 4 * n, 0x1111 * (n + 1));
  put(0x38, STACK0 - 0x1000);
  [DATA0, CODE0, DATA0, DATA0, 0, 0].forEach((selector, i) => {
    put(0x48 + 4 * i, selector);
  });
  put(0x60, LDT_SELECTOR);
  return guest;
}
const jmp = (selector: number) => [0xea, 0, 0, 0, 0, selector, 0];
const call = (selector: number) => [0x9a, 0, 0, 0, 0, selector, 0];
const type = (guest: SystemGuest, selector: number) => guest.get(GDT + selector + 5, 1) & 0x1f;

/** SDM vol. 3, 7.3. */
describe("task switch by JMP", () => {
  it("saves the old task's registers and loads the new one's", () => {
    const guest = withTask();
    guest.set(EBX, 0xb0b0);
    expect(guest.exec(...jmp(FREE))).toBeUndefined();
    expect([guest.eip, guest.reg(EAX), guest.reg(EBX), guest.reg(4)]).toEqual([NEW_EIP, 0x1111, 0x4444, STACK0 - 0x1000]);
    expect([guest.selector(TR), guest.selector(CS), guest.selector(ES), guest.selector(LDTR)]).toEqual([FREE, CODE0, DATA0, LDT_SELECTOR]);
    expect(guest.cpu.flags & 0x200).toBe(0x200);
    expect([guest.get(TSS + 0x20), guest.get(TSS + 0x34), guest.get(TSS + 0x4c, 2)]).toEqual([CODE + 7, 0xb0b0, CODE0]);
  });

  it("moves the busy mark and sets TS; local breakpoints go", () => {
    const guest = withTask();
    guest.state.set(DR + 56, 0x4ff);
    guest.exec(...jmp(FREE));
    expect([type(guest, TSS_SELECTOR), type(guest, FREE)]).toEqual([0x9, 0xb]);
    expect(guest.state.get(CR0) & 8).toBe(8);
    expect(guest.state.get(DR + 56)).toBe(0x4aa);
    expect(guest.state.get(EFLAGS) & NT).toBe(0);
  });

  it("pends a debug trap where the new TSS has T", () => {
    const guest = withTask();
    guest.put(NEW_TSS + 0x64, 1);
    guest.exec(...jmp(FREE));
    guest.cpu.deliverDebugTrap();
    expect([guest.eip, guest.stack(0), guest.state.get(DR + 48) & 0x8000]).toEqual([HANDLERS + 16, NEW_EIP, 0x8000]);
  });

  it("loads a 16-bit TSS: 16-bit registers, no FS and GS", () => {
    const guest = withTask(Access.tss16);
    const put = (offset: number, value: number) => guest.put(NEW_TSS + offset, value, 2);
    put(0x0e, 0x4000);
    put(0x10, 0x0002);
    for (let n = 0; n < 8; n++) put(0x12 + 2 * n, 0x100 * n);
    [DATA0, CODE0, DATA0, DATA0].forEach((selector, i) => {
      put(0x22 + 2 * i, selector);
    });
    put(0x2a, 0);
    expect(guest.exec(...jmp(FREE))).toBeUndefined();
    expect([guest.eip, guest.reg(EBX, 2), guest.selector(LDTR)]).toEqual([0x4000, 0x300, 0]);
  });
});

describe("nesting", () => {
  it("CALL links the tasks, sets NT, and IRET comes back", () => {
    const guest = withTask();
    guest.exec(...call(FREE));
    expect([guest.get(NEW_TSS, 2), guest.state.get(EFLAGS) & NT]).toEqual([TSS_SELECTOR, NT]);
    expect([type(guest, TSS_SELECTOR), type(guest, FREE)]).toEqual([0xb, 0xb]);
    expect(guest.exec(0xcf)).toBeUndefined();
    expect([guest.eip, guest.selector(TR)]).toEqual([CODE + 7, TSS_SELECTOR]);
    expect([type(guest, TSS_SELECTOR), type(guest, FREE)]).toEqual([0xb, 0x9]);
    // The task that returned has NT cleared in its saved flags.
    expect(guest.get(NEW_TSS + 0x24) & NT).toBe(0);
    expect(guest.get(NEW_TSS + 0x20)).toBe(NEW_EIP + 1);
  });

  it("an exception through a task gate pushes its error code in the new task", () => {
    const guest = withTask();
    guest.gateAt(0x2000 + 8 * 13, FREE, 0, Access.taskGate);
    guest.set(EAX, 0x1000);
    guest.execDelivering(0x8e, 0xd8); // mov ds, ax beyond the GDT
    expect([guest.eip, guest.selector(TR), guest.stack(0)]).toEqual([NEW_EIP, FREE, 0x1000]);
    expect(guest.get(TSS + 0x20)).toBe(CODE);
  });

  it("goes to another level by the new CS", () => {
    const guest = withTask();
    guest.put(NEW_TSS + 0x4c, CODE3);
    guest.put(NEW_TSS + 0x50, DATA3);
    guest.put(NEW_TSS + 0x48, DATA3);
    guest.put(NEW_TSS + 0x54, 0);
    guest.put(NEW_TSS + 0x38, STACK3);
    expect(guest.exec(...call(FREE))).toBeUndefined();
    expect([guest.cpu.cpl, guest.selector(SS), guest.reg(4)]).toEqual([3, DATA3, STACK3]);
  });

  it("goes to virtual-8086 mode by the new EFLAGS", () => {
    const guest = withTask();
    guest.put(NEW_TSS + 0x24, 0x2_0202);
    guest.put(NEW_TSS + 0x20, 0x10);
    guest.put(NEW_TSS + 0x4c, CODE >> 4);
    expect(guest.exec(...jmp(FREE))).toBeUndefined();
    expect([guest.cpu.mode, guest.cpu.cpl, guest.eip]).toEqual(["virtual8086", 3, 0x10]);
  });
});

describe("refusals in the old task", () => {
  it.each([
    ["busy: #GP", 0x8b, 13],
    ["not present: #NP", absent(Access.tss32), 11],
  ])("a TSS that is %s", (_, access, vector) => {
    const guest = withTask(access);
    expect(guest.exec(...jmp(FREE))).toEqual({ vector, error: FREE });
    expect([guest.eip, guest.selector(TR)]).toEqual([CODE, TSS_SELECTOR]);
  });

  it("a limit that is too small: #TS", () => {
    const guest = withTask();
    guest.descriptor(FREE, NEW_TSS, 0x66, Access.tss32);
    expect(guest.exec(...jmp(FREE))).toEqual({ vector: 10, error: FREE });
  });

  it("a task gate asks for its own DPL, not for the TSS's", () => {
    const guest = withTask();
    guest.gateAt(GDT + GATE, FREE, 0, Access.taskGate | level(3));
    guest.toUser();
    expect(guest.exec(...jmp(FREE))).toEqual({ vector: 13, error: FREE });
    expect(guest.exec(...jmp(GATE))).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip]).toEqual([0, NEW_EIP]);
  });
});

describe("faults in the new task (SDM vol. 3, table 7-1)", () => {
  it.each([
    ["LDT", 0x60, DATA0, 10, DATA0],
    ["CS", 0x4c, DATA0, 10, DATA0],
    ["SS", 0x50, CODE0, 10, CODE0],
    ["DS", 0x54, 0x1000, 10, 0x1000],
  ])("a wrong %s selector: #TS, with EIP of the new task", (_, offset, selector, vector, error) => {
    const guest = withTask();
    guest.put(NEW_TSS + offset, selector);
    expect(guest.exec(...jmp(FREE))).toEqual({ vector, error });
    expect([guest.eip, guest.selector(TR), guest.reg(EAX)]).toEqual([NEW_EIP, FREE, 0x1111]);
  });
});
