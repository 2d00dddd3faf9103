import { describe, expect, it } from "vitest";
import { CR0, CR3, CS, DS, EFLAGS, LDTR, SS, TR } from "../../src/vmm/cpu/layout.js";
import {
  Access,
  absent,
  BIG,
  CODE,
  CODE0,
  DATA0,
  EAX,
  FREE,
  GDT,
  IDT,
  LDT_SELECTOR,
  level,
  STACK0,
  SystemGuest,
  TSS,
  TSS_SELECTOR,
} from "./system-guest.js";

const NEW_TSS = 0x5000;
const NEW_EIP = 0x1_4000;
const NEW_STACK = STACK0 - 0x1000;
const OTHER = FREE + 8;
const jmp = (selector: number) => [0xea, 0, 0, 0, 0, selector, 0];
const call = (selector: number) => [0x9a, 0, 0, 0, 0, selector, 0];
const type = (guest: SystemGuest, selector: number) => guest.get(GDT + selector + 5, 1) & 0x1f;
const AVAILABLE = 0x09;
const BUSY = 0x0b;

/** Offsets in a 32-bit TSS. */
const Field = { cr3: 0x1c, eip: 0x20, eflags: 0x24, esp: 0x38, es: 0x48, cs: 0x4c, ss: 0x50, ds: 0x54, fs: 0x58, gs: 0x5c, ldt: 0x60 };

/** A second task (TSS under FREE) in CODE0 at CPL 0. */
function withTask(): SystemGuest {
  const guest = new SystemGuest().protectedMode();
  guest.descriptor(FREE, NEW_TSS, 0x67, Access.tss32);
  for (const [offset, value] of [
    [Field.eip, NEW_EIP],
    [Field.eflags, 0x2],
    [Field.esp, NEW_STACK],
    [Field.es, DATA0],
    [Field.cs, CODE0],
    [Field.ss, DATA0],
    [Field.ds, DATA0],
    [Field.ldt, LDT_SELECTOR],
  ])
    guest.put(NEW_TSS + offset, value);
  return guest;
}

/** SDM vol. 3, table 7-1. What OTHER is, which register is loaded with what, the vector, and what its error code names. */
const WRONG: [string, number, number, number, number, number][] = [
  ["an LDT selector beyond the GDT", 0, Field.ldt, 0x1000, 10, 0x1000],
  ["an LDT selector of the LDT", 0, Field.ldt, OTHER | 4, 10, OTHER | 4],
  ["an LDT that is data", Access.data, Field.ldt, OTHER, 10, OTHER],
  ["an LDT that is not present", absent(Access.ldt), Field.ldt, OTHER, 10, OTHER],
  ["a null CS", 0, Field.cs, 0, 10, 0],
  ["a CS that is data", Access.data, Field.cs, OTHER, 10, OTHER],
  ["a CS whose DPL isn't its RPL", Access.code | level(1), Field.cs, OTHER, 10, OTHER],
  ["a conforming CS of an outer level than its RPL", Access.conforming | level(1), Field.cs, OTHER, 10, OTHER],
  ["a CS that is not present", absent(Access.code), Field.cs, OTHER, 11, OTHER],
  ["a null SS", 0, Field.ss, 0, 10, 0],
  ["an SS beyond the GDT", 0, Field.ss, 0x1000, 10, 0x1000],
  ["a read-only SS", Access.readOnly, Field.ss, OTHER, 10, OTHER],
  ["an SS whose RPL isn't CPL", Access.data, Field.ss, OTHER | 1, 10, OTHER],
  ["an SS whose DPL isn't CPL", Access.data | level(1), Field.ss, OTHER, 10, OTHER],
  ["an SS that is not present", absent(Access.data), Field.ss, OTHER, 12, OTHER],
  ["a DS beyond the GDT", 0, Field.ds, 0x1000, 10, 0x1000],
  ["an execute-only ES", Access.executeOnly, Field.es, OTHER, 10, OTHER],
  ["an FS that is a system segment", Access.tss32, Field.fs, OTHER, 10, OTHER],
  ["a GS whose RPL is outside its DPL", Access.data, Field.gs, OTHER | 1, 10, OTHER],
  ["a DS that is not present", absent(Access.data), Field.ds, OTHER, 11, OTHER],
];
function withWrong(access: number, offset: number, selector: number): SystemGuest {
  const guest = withTask();
  guest.descriptor(OTHER, 0, 0xfffff, access, BIG);
  guest.put(NEW_TSS + offset, selector, 2);
  return guest;
}

describe("what is wrong with the new task is raised in it, before its first instruction", () => {
  it.each(WRONG)("%s", (_, access, offset, selector, vector, error) => {
    const guest = withWrong(access, offset, selector);
    expect(guest.exec(...jmp(FREE))).toEqual({ vector, error });
    expect([guest.selector(TR), guest.eip, type(guest, TSS_SELECTOR), type(guest, FREE)]).toEqual([FREE, NEW_EIP, AVAILABLE, BUSY]);
    expect(guest.state.get(CR0) & 8).toBe(8);
  });

  it.each(WRONG)("%s, reached by an interrupt: the error code has EXT", (_, access, offset, selector, vector, error) => {
    const guest = withWrong(access, offset, selector);
    guest.gateAt(IDT + 8 * 0x30, FREE, 0, Access.taskGate);
    // The handler of the fault must have a stack whatever the new task's is.
    guest.descriptor(OTHER + 8, 0x6000, 0x67, Access.tss32);
    for (let i = 0; i <= 0x60; i += 4) guest.put(0x6000 + i, guest.get(NEW_TSS + i));
    for (const [field, good] of [
      [Field.ldt, LDT_SELECTOR],
      [Field.cs, CODE0],
      [Field.ss, DATA0],
      [Field.ds, DATA0],
      [Field.es, DATA0],
      [Field.fs, 0],
      [Field.gs, 0],
    ])
      guest.put(0x6000 + field, good);
    guest.gateAt(IDT + 8 * vector, OTHER + 8, 0, Access.taskGate);
    expect(guest.cpu.deliverInterrupt(0x30)).toBe(true);
    expect([guest.selector(TR), guest.stack(0)]).toEqual([OTHER + 8, error | 1]);
    expect([guest.get(0x6000, 2), guest.get(NEW_TSS, 2), guest.get(NEW_TSS + Field.eip)]).toEqual([FREE, TSS_SELECTOR, NEW_EIP]);
  });

  it("EIP beyond CS is #GP(0)", () => {
    const guest = withTask();
    guest.descriptor(OTHER, 0, NEW_EIP - 1, Access.code, 4);
    guest.put(NEW_TSS + Field.cs, OTHER);
    expect(guest.exec(...jmp(FREE))).toEqual({ vector: 13, error: 0 });
    expect([guest.eip, guest.selector(CS)]).toEqual([NEW_EIP, OTHER]);
  });

  it("an error code that the new stack has no room for is #SS(EXT)", () => {
    const guest = withTask();
    guest.descriptor(OTHER, 0, 0xff, Access.data, 4);
    guest.put(NEW_TSS + Field.ss, OTHER);
    guest.put(NEW_TSS + Field.esp, 2);
    guest.gateAt(IDT + 8 * 13, FREE, 0, Access.taskGate);
    // #SS while #GP is delivered: double fault, again with an error code that doesn't fit.
    guest.set(EAX, 0x1000);
    expect(guest.execDelivering(0x8e, 0xd8)).toBe(false);
    expect(guest.state.get(0x10d4)).toBe(12);
    expect(guest.state.get(0x10d8)).toBe(1);
  });
});

describe("what is wrong with the old task or with the TSS itself is raised in the old one, and nothing changes", () => {
  const untouched = (guest: SystemGuest) =>
    expect([guest.selector(TR), guest.eip, type(guest, TSS_SELECTOR), type(guest, FREE), guest.state.get(CR0) & 8]).toEqual([
      TSS_SELECTOR,
      CODE,
      BUSY,
      AVAILABLE,
      0,
    ]);

  it.each([
    ["CALL", call],
    ["JMP", jmp],
  ])("%s to a TSS whose limit is one too small: #TS(TSS)", (_, transfer) => {
    const guest = withTask();
    guest.descriptor(FREE, NEW_TSS, 0x66, Access.tss32);
    expect(guest.exec(...transfer(FREE))).toEqual({ vector: 10, error: FREE });
    untouched(guest);
  });

  it.each([
    ["the selector is null", 0, 13, 0],
    ["the selector is of the LDT", FREE | 4, 13, FREE | 4],
    ["the selector is beyond the GDT", 0x1000, 13, 0x1000],
    ["it leads to data", DATA0, 13, DATA0],
    ["it leads to the running task", TSS_SELECTOR, 13, TSS_SELECTOR],
  ])("a task gate: %s", (_, selector, vector, error) => {
    const guest = withTask();
    guest.gateAt(GDT + OTHER, selector, 0, Access.taskGate);
    expect(guest.exec(...call(OTHER))).toEqual({ vector, error });
    untouched(guest);
  });

  it("pages of either TSS that may not be read or written: #PF", () => {
    for (const [page, access, error] of [
      [NEW_TSS, 0, 0],
      [NEW_TSS, 1, 3],
      [TSS, 1, 3],
      [GDT, 1, 3],
    ]) {
      const guest = withTask();
      const directory = 0x6_0000;
      guest.put(directory, 0x6_1003);
      for (let i = 0; i < 0x100; i++) guest.put(0x6_1000 + 4 * i, (i << 12) | 3);
      guest.state.set(CR3, directory);
      guest.set(EAX, 0x8001_0011);
      guest.exec(0x0f, 0x22, 0xc0);
      guest.put(0x6_1000 + 4 * (page >> 12), page | access);
      guest.mmu.flushAll();
      guest.cpu.eip = CODE;
      expect(guest.exec(...call(FREE))).toEqual({ vector: 14, error });
      untouched(guest);
    }
  });
});

describe("nested tasks", () => {
  it("IRET to a back link that is wrong is #TS of the link", () => {
    for (const [link, error] of [
      [0, 0],
      [FREE | 4, FREE | 4],
      [0x1000, 0x1000],
      [DATA0, DATA0],
      [FREE, FREE], // not busy
    ]) {
      const guest = withTask();
      guest.put(TSS, link, 2);
      guest.cpu.setFlags(0x4000, 0x4000);
      expect(guest.exec(0xcf)).toEqual({ vector: 10, error });
    }
  });

  it("IRET to a task that is not present is #NP of the link", () => {
    const guest = withTask();
    guest.descriptor(FREE, NEW_TSS, 0x67, 0x0b);
    guest.put(TSS, FREE, 2);
    guest.cpu.setFlags(0x4000, 0x4000);
    expect(guest.exec(0xcf)).toEqual({ vector: 11, error: FREE });
  });

  it("JMP out of a called task leaves the caller busy and its link unused", () => {
    const guest = withTask();
    guest.descriptor(OTHER, 0x6000, 0x67, Access.tss32);
    for (let i = 0; i <= 0x60; i += 4) guest.put(0x6000 + i, guest.get(NEW_TSS + i));
    guest.exec(...call(FREE));
    guest.exec(...jmp(OTHER));
    expect([TSS_SELECTOR, FREE, OTHER].map((selector) => type(guest, selector))).toEqual([BUSY, AVAILABLE, BUSY]);
    expect([guest.get(0x6000, 2), guest.state.get(EFLAGS) & 0x4000]).toEqual([0, 0]);
  });
});

describe("the address space", () => {
  it("is the new task's from the first access on: its segments' descriptors are read there", () => {
    const guest = withTask();
    const directory = (at: number) => {
      guest.put(at, (at + 0x1000) | 3);
      for (let i = 0; i < 0x100; i++) guest.put(at + 0x1000 + 4 * i, (i << 12) | 3);
      return at;
    };
    guest.state.set(CR3, directory(0x6_0000));
    guest.set(EAX, 0x8000_0011);
    guest.exec(0x0f, 0x22, 0xc0);
    guest.cpu.eip = CODE;
    guest.put(NEW_TSS + Field.cr3, directory(0x6_2000));
    // In the new space the GDT's page is another one, where DATA0 has a base.
    for (let i = 0; i < 0x100; i += 4) guest.put(0x6_8000 + i, guest.get(GDT + i));
    guest.put(0x6_8000 + DATA0 + 2, 0x1234, 2);
    guest.put(0x6_3000 + 4 * (GDT >> 12), 0x6_8003);
    expect(guest.exec(...jmp(FREE))).toBeUndefined();
    expect([guest.state.get(CR3), guest.state.segment(DS, 4), guest.state.segment(SS, 4)]).toEqual([0x6_2000, 0x1234, 0x1234]);
  });

  it("is not touched while paging is off", () => {
    const guest = withTask();
    guest.state.set(CR3, 0x7000);
    guest.put(NEW_TSS + Field.cr3, 0x9000);
    guest.exec(...jmp(FREE));
    expect(guest.state.get(CR3)).toBe(0x7000);
  });

  it("LDTR is loaded with a null selector too, and then its segments are out of reach", () => {
    const guest = withTask();
    guest.put(NEW_TSS + Field.ldt, 0);
    guest.put(NEW_TSS + Field.ds, 0x0c);
    expect(guest.exec(...jmp(FREE))).toEqual({ vector: 10, error: 0x0c });
    expect(guest.selector(LDTR)).toBe(0);
  });
});

describe("a 16-bit TSS", () => {
  it("saves and loads the low halves, and FS and GS stay out of it", () => {
    const guest = withTask();
    guest.descriptor(OTHER, 0x6000, 0x2b, Access.tss16);
    guest.set(EAX, OTHER);
    guest.descriptor(TSS_SELECTOR, TSS, 0xfff, 0x8b);
    guest.exec(0x0f, 0x00, 0xd8); // ltr ax: this task has a 16-bit TSS from now on
    guest.set(EAX, 0x1234_5678);
    guest.cpu.eip = CODE;
    expect(guest.exec(...jmp(FREE))).toBeUndefined();
    const word = (offset: number) => guest.get(0x6000 + offset, 2);
    expect([word(0x0e), word(0x12), word(0x22), word(0x24), word(0x26), word(0x28), word(0x2a)]).toEqual([
      (CODE + 7) & 0xffff,
      0x5678,
      DATA0,
      CODE0,
      DATA0,
      DATA0,
      0,
    ]);
  });

  it("takes the error code of an exception as a word", () => {
    const guest = withTask();
    guest.descriptor(OTHER, 0x6000, 0x2b, Access.tss16);
    [0x0e, 0x1a, 0x22, 0x24, 0x26, 0x28].forEach((offset, i) => {
      guest.put(0x6000 + offset, [0x4000, 0x8000, DATA0, CODE0, DATA0, DATA0][i], 2);
    });
    guest.gateAt(IDT + 8 * 13, OTHER, 0, Access.taskGate);
    guest.set(EAX, 0x1000);
    expect(guest.execDelivering(0x8e, 0xd8)).toBe(true);
    expect([guest.selector(TR), guest.reg(4, 2), guest.stack(0, 2)]).toEqual([OTHER, 0x7ffe, 0x1000]);
  });
});
