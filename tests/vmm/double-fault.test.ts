import { describe, expect, it } from "vitest";
import { CR3, IDTR_LIMIT, TR } from "../../src/vmm/cpu/layout.js";
import { Access, absent, CODE, CODE0, DATA0, EAX, FREE, HANDLERS, IDT, LDT, STACK0, SystemGuest } from "./system-guest.js";

const Vector = { DE: 0, UD: 6, DF: 8, NP: 11, SS: 12, GP: 13, PF: 14 } as const;
const DIRECTORY = 0x6_0000;
const TABLE = 0x6_1000;
const NOWHERE = 0x5_0000;
const handler = (vector: number) => HANDLERS + 16 * vector;

/** At CPL 0 with paging; a page at NOWHERE and that of the LDT are not there. */
function kernel(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.put(DIRECTORY, TABLE | 3);
  for (let i = 0; i < 0x100; i++) guest.put(TABLE + 4 * i, (i << 12) | (i === NOWHERE >> 12 || i === LDT >> 12 ? 0 : 3));
  guest.state.set(CR3, DIRECTORY);
  guest.set(EAX, 0x8000_0011);
  guest.exec(0x0f, 0x22, 0xc0);
  guest.descriptor(FREE, 0, 0xfffff, absent(Access.data));
  guest.set(EAX, 0);
  guest.cpu.eip = CODE;
  return guest;
}

/** An instruction that raises each exception, at CPL 0. */
const CAUSES: [string, number, number[]][] = [
  ["#DE", Vector.DE, [0xf6, 0xf0]], // div al
  ["#UD", Vector.UD, [0x0f, 0x0b]],
  ["#NP", Vector.NP, [0x66, 0xb8, FREE, 0, 0x8e, 0xe0]], // mov ax, FREE; mov fs, ax
  ["#SS", Vector.SS, [0x36, 0xa1, 0xfe, 0xff, 0xff, 0xff]], // mov eax, ss:[fffffffe]
  ["#GP", Vector.GP, [0xa1, 0xfe, 0xff, 0xff, 0xff]],
  ["#PF", Vector.PF, [0xa1, 0x00, 0x00, 0x05, 0x00]],
];
/** What goes wrong when its handler is looked up. */
const FAILURES: [string, number, (guest: SystemGuest, vector: number) => void][] = [
  ["#NP", Vector.NP, (g, vector) => g.gate(vector, absent(Access.interrupt32))],
  ["#GP", Vector.GP, (g, vector) => g.gate(vector, Access.interrupt32, DATA0)],
  ["#PF", Vector.PF, (g, vector) => g.gate(vector, Access.interrupt32, 0x0c)],
];
const CONTRIBUTORY: readonly number[] = [Vector.DE, Vector.NP, Vector.SS, Vector.GP];

/** SDM vol. 3, table 6-5. */
function isDouble(first: number, second: number): boolean {
  if (CONTRIBUTORY.includes(first)) return CONTRIBUTORY.includes(second);
  return first === Vector.PF && (second === Vector.PF || CONTRIBUTORY.includes(second));
}

/** Runs the instructions; the last one raises. */
function raise(guest: SystemGuest, code: number[]): boolean {
  if (code.length === 6 && code[0] === 0x66) {
    guest.exec(...code.slice(0, 4));
    return guest.execDelivering(...code.slice(4));
  }
  return guest.execDelivering(...code);
}

describe.each(CAUSES)("%s whose delivery raises", (_, first, code) => {
  it.each(FAILURES)("%s", (__, second, fail) => {
    const guest = kernel();
    fail(guest, first);
    expect(raise(guest, code)).toBe(true);
    const expected = isDouble(first, second) ? Vector.DF : second;
    expect(guest.eip).toBe(handler(expected));
    if (expected === Vector.DF) expect(guest.stack(0)).toBe(0);
    if (expected === Vector.NP) expect(guest.stack(0)).toBe(first * 8 + 3);
    if (expected === Vector.GP) expect(guest.stack(0)).toBe(DATA0 | 1);
    if (expected === Vector.PF) expect(guest.stack(0)).toBe(0);
    // Whatever is delivered in the end, it returns to the instruction that raised the first.
    expect(guest.stack(1)).toBe(first === Vector.NP ? CODE + 4 : CODE);
  });
});

describe("three in a row", () => {
  it("benign, contributory, contributory is a double fault", () => {
    const guest = kernel();
    guest.gate(Vector.UD, absent(Access.interrupt32));
    guest.gate(Vector.NP, absent(Access.interrupt32));
    expect(guest.execDelivering(0x0f, 0x0b)).toBe(true);
    expect(guest.eip).toBe(handler(Vector.DF));
  });

  it("contributory, page fault, contributory is a double fault", () => {
    const guest = kernel();
    guest.gate(Vector.DE, Access.interrupt32, 0x0c);
    guest.gate(Vector.PF, absent(Access.interrupt32));
    expect(guest.execDelivering(0xf6, 0xf0)).toBe(true);
    expect(guest.eip).toBe(handler(Vector.DF));
  });

  it.each(FAILURES)("%s while a double fault is delivered is a shutdown", (_, __, fail) => {
    const guest = kernel();
    guest.gate(Vector.GP, absent(Access.interrupt32));
    fail(guest, Vector.DF);
    expect(guest.execDelivering(0xa1, 0xfe, 0xff, 0xff, 0xff)).toBe(false);
  });
});

describe("interrupts", () => {
  it("are benign: what their delivery raises is delivered by itself, with EXT", () => {
    const guest = kernel();
    guest.gate(0x30, Access.interrupt32, DATA0);
    expect(guest.cpu.deliverInterrupt(0x30)).toBe(true);
    expect([guest.eip, guest.stack(0)]).toEqual([handler(Vector.GP), DATA0 | 1]);
  });

  it("of INT n that fail are the instruction's own faults, without EXT", () => {
    const guest = kernel();
    guest.gate(0x30, Access.interrupt32, DATA0);
    expect(guest.execDelivering(0xcd, 0x30)).toBe(true);
    expect([guest.eip, guest.stack(0), guest.stack(1)]).toEqual([handler(Vector.GP), DATA0, CODE]);
  });
});

describe("a double fault through a task gate", () => {
  it("gets a stack of its own when the kernel's is bad, and error code 0 on it", () => {
    const guest = kernel();
    guest.descriptor(FREE + 8, 0x7000, 0x67, Access.tss32);
    for (const [offset, value] of [
      [0x1c, DIRECTORY],
      [0x20, 0x1_4000],
      [0x24, 2],
      [0x38, STACK0 - 0x1000],
      [0x4c, CODE0],
      [0x50, DATA0],
    ])
      guest.put(0x7000 + offset, value);
    guest.gateAt(IDT + 8 * Vector.DF, FREE + 8, 0, Access.taskGate);
    guest.set(4, NOWHERE + 0x100); // a page fault when #PF is delivered
    expect(guest.execDelivering(0xa1, 0x00, 0x00, 0x05, 0x00)).toBe(true);
    expect([guest.selector(TR), guest.eip, guest.stack(0)]).toEqual([FREE + 8, 0x1_4000, 0]);
    expect([guest.get(0x3020), guest.get(0x3038)]).toEqual([CODE, NOWHERE + 0x100]);
  });
});

describe("without any handler", () => {
  it("is a shutdown in protected mode", () => {
    const guest = new SystemGuest().protectedMode();
    guest.state.set(IDTR_LIMIT, 0);
    expect(guest.execDelivering(0x0f, 0x0b)).toBe(false);
  });

  it("is a shutdown in real mode", () => {
    const guest = new SystemGuest().realMode();
    guest.state.set(IDTR_LIMIT, 0);
    expect(guest.execDelivering(0xcc)).toBe(false);
  });
});
