import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { Machine } from "../../src/vmm/machine.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { Code } from "../guests/code.js";
import { Random } from "../isa/random.js";
import { CODE, HANDLERS, SystemGuest } from "./system-guest.js";

const PAGE = 4096;
const NOP = 0x90;
const JNZ = 0x75;
const STI = 0xfb;
const CLI = 0xfa;
const HLT = 0xf4;

describe("an exact run", () => {
  /** Straight code, loops, jumps between pages, a string, and stores into the code itself. */
  function guest(): SystemGuest {
    const it = new SystemGuest().protectedMode();
    const body = [...Array<number>(90).fill(NOP), 0xb9, 50, 0, 0, 0, 0xbf, 0, 0, 4, 0, 0xf3, 0xab]; // mov ecx, 50; mov edi, DATA; rep stosd
    body.push(0xfe, 0x05, ...[0, 0, 1, 0]); // inc byte [CODE]: NOP becomes xchg eax, ecx, and so on up to xchg eax, edi
    body.push(0x80, 0x25, 0, 0, 1, 0, 0x97); // and byte [CODE], 97h
    body.push(0xe9, ...[0, 0, 0, 0].map((_, i) => ((CODE - (CODE + body.length + 5)) >> (8 * i)) & 0xff));
    it.bytes(CODE, body);
    return it;
  }

  it.each([1, 2, 63, 64, 65, 100, 1000, 12_345])("of %i instructions retires as many, again and again", (budget) => {
    const it = guest();
    const before = it.interpreter.retired;
    for (let i = 1; i <= 20; i++) {
      expect(it.interpreter.run(budget, true)).toBe("budget");
      expect(it.interpreter.retired - before).toBe(i * budget);
    }
  });

  it("comes to the same as steps", () => {
    const random = new Random(1);
    const [runs, steps] = [guest(), guest()];
    for (let i = 0; i < 50; i++) {
      const budget = 1 + random.below(500);
      runs.interpreter.run(budget, true);
      for (let n = 0; n < budget; n++) steps.interpreter.run(1, true);
      expect(Buffer.compare(runs.state.u8.slice(at.GPR, at.EVENTS), steps.state.u8.slice(at.GPR, at.EVENTS))).toBe(0);
    }
  });

  it("retires less, never more, where something is delivered: that uses up budget too", () => {
    const it = new SystemGuest().protectedMode();
    it.bytes(CODE, [0x0f, 0x0b]); // ud2, whose handler comes back to it
    it.bytes(HANDLERS + 16 * 6, [0xcf]);
    const before = it.interpreter.retired;
    expect(it.interpreter.run(1000, true)).toBe("budget");
    expect([it.interpreter.retired - before, it.interpreter.exceptions]).toEqual([500, 500]);
  });

  it("attends to nothing at its end: what devices do at that time comes first", () => {
    const it = new SystemGuest().protectedMode();
    it.bytes(CODE, [STI, NOP, NOP]);
    it.cpu.setInterruptLine(true);
    it.interpreter.run(2, true);
    expect(it.eip).toBe(CODE + 2);
    it.interpreter.run(1, true);
    expect(it.eip).toBe(HANDLERS + 16 * 0x20);
  });

  it("that ends behind STI leaves its shadow", () => {
    const it = new SystemGuest().protectedMode();
    it.bytes(CODE, [STI, NOP, NOP]);
    it.interpreter.run(1, true);
    it.cpu.setInterruptLine(true);
    it.interpreter.run(1, true);
    expect(it.eip).toBe(CODE + 2);
    it.interpreter.run(1, true);
    expect([it.eip, it.stack(0)]).toEqual([HANDLERS + 16 * 0x20, CODE + 2]);
  });
});

describe("an inexact run", () => {
  it("goes on for less than the longest run of decoded code", () => {
    const it = new SystemGuest().protectedMode();
    // Four-byte code that is entered at each of its bytes: every run soon meets one that is decoded already.
    for (let i = 0; i < PAGE; i++) it.put(CODE + i, NOP, 1);
    for (let entry = PAGE - 3; entry > 0; entry -= 3) {
      it.cpu.eip = CODE + entry;
      it.interpreter.run(1);
    }
    it.cpu.eip = CODE;
    const before = it.interpreter.retired;
    it.interpreter.run(1);
    expect(it.interpreter.retired - before).toBeLessThanOrEqual(64);
  });

  it("also where each instruction overwrites what follows", () => {
    const it = new SystemGuest().protectedMode();
    // inc byte [CODE + 800h], of which each drops what is decoded of the page; then jmp to itself.
    const code = Array.from({ length: 200 }, () => [0xfe, 0x05, 0, 8, 1, 0]).flat();
    it.bytes(CODE, [...code, 0xeb, 0xfe]);
    it.bytes(CODE + 0x800, [0xeb, 0xfe]);
    it.cpu.eip = CODE + 0x800;
    it.interpreter.run(1);
    it.cpu.eip = CODE;
    const before = it.interpreter.retired;
    it.interpreter.run(1);
    expect(it.interpreter.retired - before).toBeLessThanOrEqual(64);
  });
});

describe("by the deterministic clock", () => {
  const ENTRY = 0x10_0000;
  const RAM = 8 << 20;
  const IDT = 0x2000;
  const GDT = 0x1000;
  const LOG = 0x20_0000;
  const LOG_POINTER = 0x3000;
  const LOG_ENTRY = 9;
  const TIMER = 0x20;
  const CALENDAR = 0x28;
  const TOTAL = 300_000;

  /**
   * Logs each interrupt: the low half of the TSC, which is the count of retired instructions and of skipped nanoseconds; the vector; and where it
   * came. Meanwhile it does what could make a difference: long straight code with interrupts off, STI, strings, its own modification, HLT.
   */
  function program(): Code {
    const c = new Code();
    for (const [name, vector] of [
      ["timer", TIMER],
      ["calendar", CALENDAR],
    ] as const) {
      c.label(name).put(0x60, 0xfc, 0x0f, 0x31, 0x8b, 0x3d).dword(LOG_POINTER); // pusha; cld; rdtsc; mov edi, [pointer]
      c.put(0xab, 0xb0, vector, 0xaa, 0x8b, 0x44, 0x24, 0x20, 0xab); // stosd; mov al, vector; stosb; mov eax, [esp + 32]; stosd
      c.put(0x89, 0x3d).dword(LOG_POINTER);
      if (vector === CALENDAR) c.put(0xb0, 0x0c, 0xe6, 0x70, 0xe4, 0x71, 0xb0, 0x20, 0xe6, 0xa0); // register C is read; EOI
      c.put(0xb0, 0x20, 0xe6, 0x20, 0x61, 0xcf); // EOI; popa; iret
    }
    c.label("start").put(0x68).dword(IDT).put(0x66, 0x68, 0xff, 0x07, 0x0f, 0x01, 0x1c, 0x24); // lidt
    const ports = [
      // The 8259s: vectors 20h and 28h; IRQs 0, 2 and 8 let through.
      ...[0x20, 0x11, 0xa0, 0x11, 0x21, TIMER, 0xa1, CALENDAR, 0x21, 4, 0xa1, 2, 0x21, 1, 0xa1, 1, 0x21, 0xfa, 0xa1, 0xfe],
      // The 8254 in mode 2, every 11 of its periods (9 us); the RTC's periodic interrupt, 8,192 times a second.
      ...[0x43, 0x34, 0x40, 11, 0x40, 0, 0x70, 0x0a, 0x71, 0x23, 0x70, 0x0b, 0x71, 0x42],
    ];
    for (let i = 0; i < ports.length; i += 2) c.put(0xb0, ports[i + 1], 0xe6, ports[i]);
    c.label("loop").put(0xb9).dword(700).put(0xbf).dword(0x30_0ffd).put(0xf3, 0xab); // rep stosd over a page's end
    c.put(CLI, ...Array<number>(70).fill(NOP), STI, 0x40); // inc eax
    c.put(0xb9).dword(300).label("inner").put(0x49).branch(JNZ, "inner"); // dec ecx
    c.put(0xfe, 0x05)
      .dword(ENTRY + c.bytes.length + 5)
      .put(0xb3, 0); // inc byte [the next instruction's immediate]; mov bl, 0
    c.put(0xf6, 0xc3, 0x0f).branch(JNZ, "on").put(STI, HLT); // test bl, 15
    c.label("on").put(0x9c, CLI, 0x9d, STI); // pushf; cli; popf
    return c.put(0xe9).dword(c.address("loop") - (c.bytes.length + 5));
  }

  /** Runs it for TOTAL instructions in slices of so many, and gives what its log says. */
  function logOf(slice: number, exact: boolean, engine: "interpreter" | "translator" = "interpreter"): string[] {
    const pages = at.wasmPages(RAM);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const ram = new DataView(memory.buffer, at.RAM_BASE);
    const silence = { length: 0, peek: () => 0, advance: () => undefined };
    const machine = new Machine({
      memory,
      ramBytes: RAM,
      clock: "deterministic",
      hostNs: () => 0,
      wallClockMs: () => 0,
      serialSink: () => undefined,
      input: [silence, silence],
      translator: engine === "translator" ? new LocalPort(new Uint8Array(memory.buffer)) : undefined,
    });
    const code = program();
    new Uint8Array(memory.buffer).set(code.linked(), at.RAM_BASE + ENTRY);
    const descriptor = (selector: number, high: number) => ram.setBigUint64(GDT + selector, (BigInt(high) << 32n) | 0xffffn, true);
    descriptor(0x10, 0xcf_9b00);
    descriptor(0x18, 0xcf_9300);
    for (const [vector, name] of [
      [TIMER, "timer"],
      [CALENDAR, "calendar"],
    ] as const) {
      ram.setUint32(IDT + 8 * vector, ((ENTRY + code.address(name)) & 0xffff) | (0x10 << 16), true);
      ram.setUint32(IDT + 8 * vector + 4, ENTRY | 0x8e00, true);
    }
    ram.setUint32(LOG_POINTER, LOG, true);
    const eip = ENTRY + code.address("start");
    const state = { gdtBase: GDT, gdtLimit: 0x1f, codeSelector: 0x10, dataSelector: 0x18, eip, registers: { esp: 0x9_0000 } };
    machine.boot({ kind: "loaded", state });
    while (machine.retired < TOTAL) {
      const left = TOTAL - machine.retired;
      expect(machine.run(Math.min(slice, left), exact || left <= slice).kind).toBe("slice");
    }
    expect(machine.retired).toBe(TOTAL);
    const entries = (ram.getUint32(LOG_POINTER, true) - LOG) / LOG_ENTRY;
    return Array.from({ length: entries }, (_, i) => {
      const entry = LOG + LOG_ENTRY * i;
      return `${ram.getUint32(entry, true)}: ${ram.getUint8(entry + 4).toString(16)} at ${ram.getUint32(entry + 5, true).toString(16)}`;
    });
  }

  const reference = logOf(50_000, false);

  it("both timers interrupt, again and again", () => {
    const count = (vector: number) => reference.filter((line) => line.includes(`: ${vector.toString(16)} `)).length;
    expect(count(TIMER)).toBeGreaterThan(8);
    expect(count(CALENDAR)).toBeGreaterThan(1);
  });

  it.each([
    [1_000_000, false],
    [12_345, false],
    [1000, false],
    [64, false],
    [1, false],
    [1000, true],
    [7, true],
    [1, true],
  ])("interrupts come at the same counts and places in slices of %i (exact ones: %s)", (slice, exact) => {
    expect(logOf(slice, exact)).toEqual(reference);
  });

  it.each([50_000, 7777])("and so they do where hot code is translated, in slices of %i", (slice) => {
    expect(logOf(slice, false, "translator")).toEqual(reference);
  });
});
