import { describe, expect, it } from "vitest";
import { CS, SS } from "../../src/vmm/cpu/layout.js";
import {
  Access,
  absent,
  BIG,
  CODE,
  CODE0,
  CODE3,
  DATA,
  DATA0,
  DATA3,
  FREE,
  GDT,
  level,
  STACK0,
  STACK3,
  SystemGuest,
  TSS,
} from "./system-guest.js";

const far = (opcode: number, selector: number, offset: number) => [
  opcode,
  offset & 0xff,
  (offset >> 8) & 0xff,
  (offset >> 16) & 0xff,
  offset >>> 24,
  selector & 0xff,
  selector >> 8,
];
const jmpFar = (selector: number, offset = 0x5678) => far(0xea, selector, offset);
const callFar = (selector: number, offset = 0x5678) => far(0x9a, selector, offset);
const GATE = FREE + 8;

describe("far JMP to a code segment (SDM vol. 2, JMP)", () => {
  it("loads CS with RPL = CPL and EIP, and marks the descriptor accessed", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.descriptor(FREE, 0, 0xfffff, Access.code | level(3), BIG);
    expect(guest.exec(...jmpFar(FREE))).toBeUndefined();
    expect([guest.selector(CS), guest.eip]).toEqual([FREE | 3, 0x5678]);
    expect(guest.get(GDT + FREE + 5, 1) & 1).toBe(1);
  });

  it("stays on its level in conforming code", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.descriptor(FREE, 0, 0xfffff, Access.conforming, BIG);
    expect(guest.exec(...jmpFar(FREE))).toBeUndefined();
    expect([guest.selector(CS), guest.cpu.cpl]).toEqual([FREE | 3, 3]);
  });

  it.each([
    ["null", 0, Access.code, 13, 0],
    ["beyond the table", 0x1000, Access.code, 13, 0x1000],
    ["data", FREE, Access.data, 13, FREE],
    ["of an outer level", FREE, Access.code | level(3), 13, FREE],
    ["conforming, of an outer level", FREE, Access.conforming | level(3), 13, FREE],
    ["named with RPL above CPL", FREE | 3, Access.code, 13, FREE],
    ["not present", FREE, absent(Access.code), 11, FREE],
  ])("refuses a selector that is %s", (_, selector, access, vector, error) => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0xfffff, access, BIG);
    expect(guest.exec(...jmpFar(selector))).toEqual({ vector, error });
    expect([guest.selector(CS), guest.eip]).toEqual([CODE0, CODE]);
  });

  it("refuses an offset beyond the limit with #GP(0)", () => {
    const guest = new SystemGuest().protectedMode();
    guest.descriptor(FREE, 0, 0x5677, Access.code, 4);
    expect(guest.exec(...jmpFar(FREE))).toEqual({ vector: 13, error: 0 });
    expect(guest.exec(...callFar(FREE))).toEqual({ vector: 13, error: 0 });
    expect([guest.get(GDT + FREE + 5, 1) & 1, guest.reg(4)]).toEqual([0, STACK0]);
  });

  it("takes its pointer from memory, offset first", () => {
    const guest = new SystemGuest().protectedMode();
    guest.put(DATA, 0x5678);
    guest.put(DATA + 4, CODE0, 2);
    expect(guest.exec(0xff, 0x2d, 0, 0, 4, 0)).toBeUndefined();
    expect(guest.eip).toBe(0x5678);
  });
});

describe("far CALL and RET", () => {
  it("pushes CS and EIP, and RET takes them back with bytes to release", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(1, 2);
    expect(guest.exec(...callFar(CODE0))).toBeUndefined();
    expect([guest.stack(0), guest.stack(1), guest.eip]).toEqual([CODE + 7, CODE0, 0x5678]);
    expect(guest.exec(0xca, 8, 0)).toBeUndefined();
    expect([guest.eip, guest.reg(4)]).toEqual([CODE + 7, STACK0]);
  });

  it("refuses RET to an inner level", () => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.push(CODE0, CODE);
    expect(guest.exec(0xcb)).toEqual({ vector: 13, error: CODE0 });
  });

  it("RET to an outer level takes ESP and SS too, and releases bytes on both stacks", () => {
    const guest = new SystemGuest().protectedMode();
    guest.push(DATA3, STACK3, 0x1111, CODE3, CODE + 0x100);
    expect(guest.exec(0xca, 4, 0)).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.reg(4), guest.selector(SS)]).toEqual([3, CODE + 0x100, STACK3 + 4, DATA3]);
  });
});

describe("call gates (SDM vol. 3, 5.8.3 to 5.8.6)", () => {
  const withGate = (access: number, selector: number, parameters = 0) => {
    const guest = new SystemGuest().protectedMode().toUser();
    guest.gateAt(GDT + GATE, selector, 0x9_5678, access, parameters);
    return guest;
  };

  it("CALL to an inner level switches stacks and copies parameters", () => {
    const guest = withGate(Access.callGate32 | level(3), CODE0, 2);
    guest.push(0xaaaa, 0xbbbb);
    expect(guest.exec(...callFar(GATE, 0))).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.selector(CS), guest.selector(SS)]).toEqual([0, 0x9_5678, CODE0, DATA0]);
    expect([0, 1, 2, 3, 4, 5].map((i) => guest.stack(i))).toEqual([CODE + 7, CODE3, 0xbbbb, 0xaaaa, STACK3 - 8, DATA3]);
    expect(guest.reg(4)).toBe(STACK0 - 24);
  });

  it("a 16-bit gate pushes words and takes 16 bits of offset", () => {
    const guest = withGate(Access.callGate16 | level(3), CODE0, 1);
    guest.push(0xbbbb_aaaa);
    expect(guest.exec(...callFar(GATE, 0))).toBeUndefined();
    expect(guest.eip).toBe(0x5678);
    const words = [0, 1, 2, 3, 4].map((i) => guest.stack(i, 2));
    expect(words).toEqual([(CODE + 7) & 0xffff, CODE3, 0xaaaa, (STACK3 - 4) & 0xffff, DATA3]);
  });

  it("the way back by RET releases the parameters on both stacks", () => {
    const guest = withGate(Access.callGate32 | level(3), CODE0, 1);
    guest.push(0xbbbb);
    guest.exec(...callFar(GATE, 0));
    expect(guest.exec(0xca, 4, 0)).toBeUndefined();
    expect([guest.cpu.cpl, guest.eip, guest.reg(4)]).toEqual([3, CODE + 7, STACK3]);
  });

  it("CALL to conforming code stays on its level and stack", () => {
    const guest = withGate(Access.callGate32 | level(3), FREE);
    guest.descriptor(FREE, 0, 0xfffff, Access.conforming, BIG);
    expect(guest.exec(...callFar(GATE, 0))).toBeUndefined();
    expect([guest.cpu.cpl, guest.selector(CS), guest.reg(4)]).toEqual([3, FREE | 3, STACK3 - 8]);
  });

  it("JMP can't go to an inner level", () => {
    const guest = withGate(Access.callGate32 | level(3), CODE0);
    expect(guest.exec(...jmpFar(GATE, 0))).toEqual({ vector: 13, error: CODE0 });
  });

  it.each([
    ["of too inner a DPL: #GP(gate)", Access.callGate32, CODE0, 13, GATE],
    ["not present: #NP(gate)", absent(Access.callGate32 | level(3)), CODE0, 11, GATE],
    ["to a null selector: #GP(0)", Access.callGate32 | level(3), 0, 13, 0],
    ["to data: #GP(code)", Access.callGate32 | level(3), DATA3, 13, DATA3 & ~3],
    ["an interrupt gate: #GP(gate)", Access.interrupt32 | level(3), CODE0, 13, GATE],
  ])("refuses a gate %s", (_, access, selector, vector, error) => {
    expect(withGate(access, selector).exec(...callFar(GATE, 0))).toEqual({ vector, error });
  });

  it("changes nothing if the inner stack is too small", () => {
    const guest = withGate(Access.callGate32 | level(3), CODE0);
    guest.descriptor(FREE, 0, 0xffff, Access.data, 4);
    guest.put(TSS + 4, 12);
    guest.put(TSS + 8, FREE);
    expect(guest.exec(...callFar(GATE, 0))).toEqual({ vector: 12, error: FREE });
    expect([guest.cpu.cpl, guest.reg(4), guest.selector(SS), guest.get(8)]).toEqual([3, STACK3, DATA3, 0]);
  });
});
