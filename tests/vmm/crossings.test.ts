import { afterEach, describe, expect, it, vi } from "vitest";
import { systemCallouts } from "../../src/vmm/cpu/callouts.js";
import { Vector } from "../../src/vmm/cpu/exceptions.js";
import { interrupt } from "../../src/vmm/cpu/interrupts.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { irreversibleSegments } from "../../src/vmm/cpu/reversible.js";
import {
  Access,
  BIG,
  CODE,
  CODE0,
  CODE3,
  DATA0,
  DATA3,
  EAX,
  ECX,
  EDX,
  GDT,
  handlerOf,
  level,
  STACK0,
  STACK3,
  SystemGuest,
  TSS,
} from "./system-guest.js";

/**
 * Emitted code makes the usual crossings of privilege by itself (isa/crossing.ts); TypeScript makes all of them (cpu/). Each is made here in both ways,
 * as it is usual and with something unusual about it, and what the processor is like afterwards is compared.
 */
interface Crossing {
  readonly name: string;
  /** The instruction; none: an exception, by `raise`. */
  readonly callout?: "sysenter" | "sysexit" | "iret";
  readonly code: readonly number[];
  prepare(guest: SystemGuest): void;
  readonly raise?: { vector: number; error: number };
}

const USER_EIP = CODE + 0x100;
const LOOP = [0xeb, 0xfe];

/** A system that has loaded its segments, from descriptors with the accessed bit set, as kernels have them from the start. */
function kernel(guest: SystemGuest): void {
  for (const selector of [CODE0, DATA0, CODE3, DATA3]) {
    const access = GDT + (selector & ~7) + 5;
    guest.put(access, guest.get(access, 1) | 1, 1);
  }
  elsewhere(guest, () => {
    guest.set(EAX, DATA0);
    guest.exec(0x8e, 0xd0);
    guest.exec(0xea, CODE & 0xff, (CODE >> 8) & 0xff, CODE >> 16, 0, CODE0, 0);
  });
  guest.state.set(at.SYSENTER_CS, CODE0);
  guest.state.set(at.SYSENTER_EIP, handlerOf(0x80));
  guest.state.set(at.SYSENTER_ESP, STACK0 - 0x100);
}
/** An application's data segments, but for one that is null, and its frame. */
const frame = (image: number) => (guest: SystemGuest) => {
  for (const n of [at.ES, at.DS, at.FS]) loadData(guest, n, DATA3);
  loadData(guest, at.GS, 0);
  guest.push(DATA3, STACK3 - 0x40, image, CODE3, USER_EIP);
};

const crossings: Crossing[] = [
  { name: "SYSENTER", callout: "sysenter", code: [0x0f, 0x34], prepare: (guest) => guest.toUser() },
  {
    name: "SYSEXIT",
    callout: "sysexit",
    code: [0x0f, 0x35],
    prepare: (guest) => {
      guest.set(EDX, USER_EIP);
      guest.set(ECX, STACK3 - 0x80);
      guest.state.set(at.EFLAGS, 0x202);
    },
  },
  { name: "IRET to an application", callout: "iret", code: [0xcf], prepare: frame(0x20_0ed7) },
  { name: "IRET behind a fault", callout: "iret", code: [0xcf], prepare: frame(0x1_0246) },
  { name: "IRET inside the system", callout: "iret", code: [0xcf], prepare: (guest) => guest.push(0x3202, CODE0, USER_EIP) },
  { name: "IRET to interrupts off", callout: "iret", code: [0xcf], prepare: (guest) => guest.push(0x46, CODE0, USER_EIP) },
  { name: "#PF of an application", code: LOOP, prepare: (guest) => guest.toUser(), raise: { vector: Vector.PF, error: 6 } },
  { name: "#PF of the system", code: LOOP, prepare: () => undefined, raise: { vector: Vector.PF, error: 2 } },
  { name: "#UD of an application", code: LOOP, prepare: (guest) => guest.toUser(0x2d7), raise: { vector: Vector.UD, error: -1 } },
  {
    name: "#DE through a trap gate",
    code: LOOP,
    prepare: (guest) => {
      guest.gate(Vector.DE, Access.trap32);
      guest.toUser();
    },
    raise: { vector: Vector.DE, error: -1 },
  },
];

/** What makes a crossing more than usual: `how` says of which crossings. */
const disturbances: { name: string; how: RegExp; disturb(guest: SystemGuest): void }[] = [
  { name: "AC set", how: /SYS|#/, disturb: (guest) => guest.cpu.setFlags(0x4_0000, 0x4_0000) },
  { name: "NT set", how: /IRET to an|#/, disturb: (guest) => guest.state.set(at.EFLAGS, guest.state.get(at.EFLAGS) | 0x4000) },
  { name: "a stack segment with a limit", how: /./, disturb: (guest) => limited(guest, at.SS) },
  { name: "a code segment with a limit", how: /./, disturb: (guest) => limited(guest, at.CS) },
  {
    name: "an application that was not executed directly",
    how: /SYSEXIT|IRET to an|IRET behind/,
    disturb: (guest) => guest.state.set(at.USER_DIRECT, 0),
  },
  { name: "IOPL 3", how: /SYSEXIT/, disturb: (guest) => guest.state.set(at.EFLAGS, 0x3202) },
  { name: "interrupts off", how: /SYSEXIT/, disturb: (guest) => guest.state.set(at.EFLAGS, 2) },
  {
    name: "IOPL 3 in the frame",
    how: /IRET to an|IRET behind/,
    disturb: (guest) => guest.put(guest.reg(4) + 8, 0x3202),
  },
  { name: "VM86's flag in the frame", how: /IRET inside/, disturb: (guest) => guest.put(guest.reg(4) + 8, 0x8_0202) },
  {
    name: "another descriptor of the application's code",
    how: /SYSEXIT|IRET to an|IRET behind/,
    disturb: (guest) => guest.descriptor(CODE3 & ~7, 0, 0xffffe, Access.code | level(3), BIG),
  },
  {
    name: "another descriptor of the application's data",
    how: /SYSEXIT|IRET to an|IRET behind/,
    disturb: (guest) => guest.descriptor(DATA3 & ~7, 0, 0xffffe, Access.data | level(3), BIG),
  },
  {
    name: "another descriptor of the system's code",
    how: /IRET inside|#/,
    disturb: (guest) => guest.descriptor(CODE0, 0, 0xffffe, Access.code, BIG),
  },
  { name: "a table that ends before", how: /SYSEXIT|IRET|#/, disturb: (guest) => guest.state.set(at.GDTR_LIMIT, 7) },
  {
    name: "an accessed bit that is clear",
    how: /SYSEXIT|IRET to an|IRET behind/,
    disturb: (guest) => guest.put(GDT + (CODE3 & ~7) + 5, 0xfa, 1),
  },
  { name: "a system segment in DS", how: /IRET to an|IRET behind/, disturb: (guest) => loadData(guest, at.DS, DATA0) },
  { name: "a null selector with RPL 3 in DS", how: /IRET to an|IRET behind/, disturb: (guest) => loadData(guest, at.DS, 3) },
  { name: "a 16-bit gate", how: /#/, disturb: (guest) => everyGate(guest, Access.interrupt16) },
  { name: "a gate that is not present", how: /#/, disturb: (guest) => everyGate(guest, Access.interrupt32 & ~0x80) },
  { name: "a short IDT", how: /#/, disturb: (guest) => guest.state.set(at.IDTR_LIMIT, 6) },
  { name: "no stack in the TSS", how: /# of an application/, disturb: (guest) => guest.put(TSS + 8, 0) },
  { name: "a misaligned stack", how: /IRET/, disturb: (guest) => misalign(guest) },
];

function limited(guest: SystemGuest, n: number): void {
  guest.state.setSegment(n, at.Seg.limit, 0xffff_fffe);
  guest.cpu.modeChanged();
}
function loadData(guest: SystemGuest, n: number, selector: number): void {
  elsewhere(guest, () => {
    guest.set(EAX, selector);
    guest.exec(0x8e, 0xc0 | (n << 3));
  });
}
/** Executes something away from the code of the crossing. */
function elsewhere(guest: SystemGuest, execute: () => void): void {
  guest.cpu.eip = CODE + 0x800;
  execute();
  guest.cpu.eip = CODE;
}
function everyGate(guest: SystemGuest, access: number): void {
  for (let vector = 0; vector < 32; vector++) guest.gate(vector, access);
}
/** The frame a byte lower. */
function misalign(guest: SystemGuest): void {
  const esp = guest.reg(4);
  const words = [0, 4, 8, 12, 16].map((offset) => guest.get(esp + offset));
  guest.set(4, esp - 1);
  for (const [i, word] of words.entries()) guest.put(esp - 1 + 4 * i, word);
}

function guestFor(crossing: Crossing, disturb?: (guest: SystemGuest) => void): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  kernel(guest);
  for (const eip of [USER_EIP, ...Array.from({ length: 256 }, (_, vector) => handlerOf(vector))]) guest.bytes(eip, LOOP);
  guest.state.set(at.USER_DIRECT, 1);
  irreversibleSegments(guest.cpu);
  crossing.prepare(guest);
  guest.cpu.eip = CODE;
  guest.bytes(CODE, crossing.code);
  // What is read on the way is in the TLB, as it is where crossings are frequent.
  for (const page of [GDT, 0x2000, TSS, STACK0 - 0x1000]) guest.mmu.write(page, 4, guest.mmu.read(page, 4, false), false);
  disturb?.(guest);
  return guest;
}

function lookOf(guest: SystemGuest): unknown {
  const { state, cpu } = guest;
  const words = (from: number, to: number) => Array.from({ length: (to - from) / 4 }, (_, i) => state.get(from + 4 * i));
  const stacks = [STACK0, STACK3].map((top) => Array.from({ length: 128 }, (_, i) => guest.get(top - 0x200 + 4 * i)));
  const mmu = [at.VIEW_JUMP_CACHE, at.VIEW_READ, at.VIEW_WRITE, at.NMI_BLOCKED, at.EVENTS, at.STACK_MASK].map((word) => state.get(word));
  return {
    general: words(at.GPR, at.ZERO),
    eip: cpu.eip,
    flags: cpu.flags,
    cpl: cpu.cpl,
    segments: words(at.SEGMENT, at.CR0),
    origin: words(at.SEGMENT_ORIGIN, at.MET_BREAKPOINTS),
    irreversible: irreversibleSegments(cpu),
    key: cpu.modeKey(),
    mmu,
    stacks,
    alignment: guest.mmu.alignmentChecked,
  };
}

/** The way of TypeScript. */
function cross(guest: SystemGuest, { callout, code, raise }: Crossing): void {
  const { cpu } = guest;
  if (raise) {
    cpu.entersGate = () => false;
    cpu.raise(raise.vector, raise.error);
    cpu.deliverFault();
    return;
  }
  const insn = { length: code.length, size: 4 } as Parameters<(typeof systemCallouts)["iret"]>[1];
  systemCallouts[callout as string](cpu, insn);
  cpu.updateEvents();
  if (guest.state.get(at.EVENTS) === 0x200) cpu.endResume();
}

/** The way of emitted code, if it does; whether it did. */
function crossEmitted(guest: SystemGuest, { callout, raise }: Crossing): boolean {
  if (!raise) {
    const whole = systemCallouts[callout as string] as unknown as { mock: { calls: unknown[] } };
    const before = whole.mock.calls.length;
    guest.interpreter.run(2);
    return whole.mock.calls.length === before;
  }
  let entered = false;
  const { entersGate } = guest.cpu;
  guest.cpu.entersGate = (what) => {
    const done = entersGate(what);
    entered ||= done;
    return done;
  };
  guest.cpu.raise(raise.vector, raise.error);
  guest.cpu.deliverFault();
  return entered;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(crossings)("$name", (crossing) => {
  const both = (disturb?: (guest: SystemGuest) => void) => {
    const whole = guestFor(crossing, disturb);
    cross(whole, crossing);
    if (crossing.callout) vi.spyOn(systemCallouts, crossing.callout);
    const emitted = guestFor(crossing, disturb);
    const inPlace = crossEmitted(emitted, crossing);
    return { whole: lookOf(whole), emitted: lookOf(emitted), inPlace };
  };

  it("is made in emitted code as in TypeScript", () => {
    const { whole, emitted, inPlace } = both();
    expect(inPlace).toBe(true);
    expect(emitted).toEqual(whole);
  });

  it.each(disturbances.filter(({ how }) => how.test(crossing.name)))("is left to TypeScript with $name", ({ disturb }) => {
    const { whole, emitted, inPlace } = both(disturb);
    expect(inPlace).toBe(false);
    // A fault of the crossing itself is delivered by the run loop.
    if ((whole as { eip: number }).eip !== CODE) expect(emitted).toEqual(whole);
  });
});

it("what interrupts an instruction that asks for the monitor is delivered whole", () => {
  const guest = guestFor(crossings[0]);
  const spy = vi.fn(() => false);
  guest.cpu.entersGate = spy;
  interrupt(guest.cpu, { vector: Vector.DB, source: "event", error: -1, returnEip: CODE, restart: false });
  interrupt(guest.cpu, { vector: 0x80, source: "int", error: -1, returnEip: CODE, restart: false });
  expect(spy).not.toHaveBeenCalled();
});
