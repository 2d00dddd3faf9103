import { describe, expect, it } from "vitest";
import { CS, EFLAGS, IDTR_LIMIT, Seg, SS, TR } from "../../src/vmm/cpu/layout.js";
import { executes } from "./executes.js";
import {
  Access,
  absent,
  CODE,
  CODE0,
  CODE3,
  DATA0,
  DATA3,
  FREE,
  HANDLERS,
  level,
  STACK0,
  STACK3,
  SystemGuest,
  TSS,
} from "./system-guest.js";

executes("F1", "F4");

const handler = (vector: number) => HANDLERS + 16 * vector;
const IF = 0x200;
const RF = 0x1_0000;

/** SDM vol. 3, 6.12; vol. 2, INT n. */
describe("through an interrupt gate on the same level", () => {
  it("pushes EFLAGS, CS and EIP and clears IF", () => {
    const guest = new SystemGuest().protectedMode();
    guest.exec(0xfb); // sti
    guest.exec(0xcd, 0x80);
    expect(guest.eip).toBe(handler(0x80));
    expect([guest.stack(0), guest.stack(1), guest.stack(2)]).toEqual([CODE + 3, CODE0, 0x202]);
    expect(guest.reg(4)).toBe(STACK0 - 12);
    expect(guest.state.get(EFLAGS) & IF).toBe(0);
  });

  it("keeps IF through a trap gate", () => {
    const guest = new SystemGuest().protectedMode();
    guest.gate(0x80, Access.trap32);
    guest.exec(0xfb);
    guest.exec(0xcd, 0x80);
    expect(guest.state.get(EFLAGS) & IF).toBe(IF);
  });

  it.each([
    ["TF", 0x100],
    ["NT", 0x4000],
    ["RF", RF],
  ])("clears %s, which the frame keeps (SDM vol. 3, 6.12.1)", (_, flag) => {
    const guest = new SystemGuest().protectedMode();
    for (const access of [Access.interrupt32, Access.trap32]) {
      guest.gate(0x80, access);
      guest.cpu.setFlags(flag, flag);
      guest.cpu.deliverInterrupt(0x80);
      expect([guest.stack(2) & flag, guest.state.get(EFLAGS) & flag]).toEqual([flag, 0]);
    }
  });

  it("pushes 16-bit words through a 16-bit gate and takes 16 bits of its offset", () => {
    const guest = new SystemGuest().protectedMode();
    guest.gate(0x80, Access.interrupt16, CODE0, 0x1_2345);
    guest.exec(0xcd, 0x80);
    expect(guest.eip).toBe(0x2345);
    expect([guest.stack(0, 2), guest.stack(1, 2), guest.stack(2, 2)]).toEqual([(CODE + 2) & 0xffff, CODE0, 2]);
  });

  it("pushes the error code of a fault, with RF in its EFLAGS, and EIP of the instruction", () => {
    const guest = new SystemGuest().protectedMode();
    guest.set(0, FREE | 4);
    guest.execDelivering(0x8e, 0xd8); // mov ds, ax: LDT descriptor 8 is empty
    expect(guest.eip).toBe(handler(13));
    expect([guest.stack(0), guest.stack(1), guest.stack(2), guest.stack(3)]).toEqual([FREE | 4, CODE, CODE0, RF | 2]);
  });

  it("sets CR2 when #PF is delivered", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(0x5000, 0x6003);
    guest.put(0x6000 + 4 * (CODE >> 12), CODE | 3);
    for (let page = 0; page < 0x40; page++) guest.put(0x6000 + 4 * page, (page << 12) | 3);
    guest.set(0, 0x5000);
    guest.exec(0x0f, 0x22, 0xd8); // mov cr3, eax
    guest.set(0, 0x8000_0011);
    guest.exec(0x0f, 0x22, 0xc0); // mov cr0, eax
    guest.execDelivering(0xa1, 0x34, 0x12, 0x40, 0);
    expect(guest.eip).toBe(handler(14));
    guest.exec(0x0f, 0x20, 0xd0); // mov eax, cr2
    expect(guest.reg(0)).toBe(0x40_1234);
    expect(guest.stack(0)).toBe(0);
  });
});

describe("to an inner level", () => {
  it("takes the stack from the TSS and pushes the outer one", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.gate(0x80, Access.trap32 | level(3));
    guest.exec(0xcd, 0x80);
    expect(guest.cpu.cpl).toBe(0);
    expect([guest.selector(CS), guest.selector(SS)]).toEqual([CODE0, DATA0]);
    expect(guest.reg(4)).toBe(STACK0 - 20);
    expect([0, 1, 2, 3, 4].map((i) => guest.stack(i))).toEqual([CODE + 2, CODE3, 0x202, STACK3, DATA3]);
  });

  it("leaves everything alone if the inner stack can't take the frame", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.descriptor(FREE, 0, 0xffff, Access.data, 4);
    guest.put(TSS + 4, 8);
    guest.put(TSS + 8, FREE);
    guest.gate(0x80, Access.trap32 | level(3));
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector: 12, error: FREE });
    expect([guest.eip, guest.reg(4), guest.cpu.cpl]).toEqual([CODE, STACK3, 3]);
    expect(guest.get(4)).toBe(0);
  });

  it.each([
    ["null", 0, Access.data, 10, 0],
    ["of another level", FREE | 3, Access.data | level(3), 10, FREE],
    ["read-only", FREE, Access.readOnly, 10, FREE],
    ["not present", FREE, absent(Access.data), 12, FREE],
  ])("refuses an inner stack selector that is %s", (_, selector, access, vector, error) => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.descriptor(FREE, 0, 0xffff, access);
    guest.put(TSS + 8, selector);
    guest.gate(0x80, Access.trap32 | level(3));
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector, error });
  });

  it("refuses a TSS that is too short, with its selector", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.gate(0x80, Access.trap32 | level(3));
    guest.state.setSegment(TR, Seg.limit, 8);
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector: 10, error: guest.selector(TR) });
  });
});

describe("gates that refuse", () => {
  const wrong = (vector: number) => vector * 8 + 2;

  it("INT n from an outer level than the gate's DPL: #GP(vector * 8 + 2)", () => {
    expect(new SystemGuest().protectedMode().toUser().exec(0xcd, 0x80)).toEqual({ vector: 13, error: wrong(0x80) });
  });

  it.each([
    ["not present: #NP", absent(Access.interrupt32), 11],
    ["no gate at all: #GP", 0, 13],
    ["a call gate: #GP", Access.callGate32, 13],
    ["a code segment: #GP", Access.code, 13],
  ])("%s", (_, access, vector) => {
    const guest = new SystemGuest().protectedMode();
    guest.gate(0x80, access);
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector, error: wrong(0x80) });
  });

  it("beyond the IDT: #GP", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(IDTR_LIMIT, 0x80 * 8 + 6);
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector: 13, error: wrong(0x80) });
  });

  it.each([
    ["null", 0, Access.code, 13, 0],
    ["data", FREE, Access.data, 13, FREE],
    ["an outer level", FREE, Access.code | level(3), 13, FREE],
    ["not present", FREE, absent(Access.code), 11, FREE],
  ])("a handler's code segment that is %s", (_, selector, access, vector, error) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xfffff, access, 0xc);
    guest.gate(0x80, Access.interrupt32, selector);
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector, error });
  });

  it("a handler beyond its segment: #GP(0), nothing pushed", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xff, Access.code, 4);
    guest.gate(0x80, Access.interrupt32, FREE, 0x100);
    expect(guest.exec(0xcd, 0x80)).toEqual({ vector: 13, error: 0 });
    expect(guest.reg(4)).toBe(STACK0);
  });
});

describe("hardware interrupts", () => {
  it("reach their handler whatever the gate's DPL, with EIP of the next instruction", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    expect(guest.cpu.deliverInterrupt(0x30)).toBe(true);
    expect(guest.eip).toBe(handler(0x30));
    expect(guest.stack(0)).toBe(CODE);
    expect(guest.stack(2) & RF).toBe(0);
  });

  it("set EXT in the error code when their delivery fails (SDM vol. 3, 6.13)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.gate(0x30, absent(Access.interrupt32));
    guest.cpu.deliverInterrupt(0x30);
    expect(guest.eip).toBe(handler(11));
    expect(guest.stack(0)).toBe(0x30 * 8 + 3);
  });

  it("wait for IF and end HLT", () => {
    const guest = new SystemGuest().protectedMode();
    guest.cpu.setInterruptLine(true);
    expect(guest.cpu.interruptible()).toBe(false);
    guest.exec(0xfb);
    guest.exec(0xf4);
    expect([guest.cpu.halted, guest.eip]).toEqual([true, CODE + 2]);
    expect(guest.cpu.interruptible()).toBe(true);
    guest.cpu.deliverInterrupt(0x20);
    expect([guest.cpu.halted, guest.stack(0)]).toEqual([false, CODE + 2]);
  });
});

describe("INT3, INTO and INT1", () => {
  it("INT3 and INTO are stopped by the gate's DPL, INT1 is not (SDM vol. 2, INT n)", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    expect(guest.exec(0xcc)).toEqual({ vector: 13, error: 3 * 8 + 2 });
    guest.exec(0x83, 0xc0, 0x7f);
    expect(guest.exec(0xf1)).toBeUndefined();
    expect([guest.eip, guest.cpu.cpl]).toEqual([handler(1), 0]);
  });

  it("INTO goes to vector 4 with OF, on with the next instruction without", () => {
    const guest = new SystemGuest().protectedMode();
    expect(guest.exec(0xce)).toBeUndefined();
    expect(guest.eip).toBe(CODE + 1);
    guest.set(0, 0x7fff_ffff);
    guest.exec(0x40); // inc eax: OF
    guest.exec(0xce);
    expect([guest.eip, guest.stack(0)]).toEqual([handler(4), CODE + 3]);
  });
});
