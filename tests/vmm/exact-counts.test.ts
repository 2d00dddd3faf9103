import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { Machine } from "../../src/vmm/machine.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import { CALENDAR, loadTimerGuest, TIMER, TIMER_GUEST_RAM, timerLog } from "../guests/timer-guest.js";
import { Random } from "../isa/random.js";
import { CODE, HANDLERS, SystemGuest } from "./system-guest.js";

const PAGE = 4096;
const NOP = 0x90;
const STI = 0xfb;

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
  const TOTAL = 300_000;

  /** Runs the guest for TOTAL instructions in slices of so many, and gives what its log says. */
  function logOf(slice: number, exact: boolean, engine: "interpreter" | "translator" = "interpreter"): string[] {
    const pages = at.wasmPages(TIMER_GUEST_RAM);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const silence = { length: 0, peek: () => 0, advance: () => undefined };
    const machine = new Machine({
      memory,
      ramBytes: TIMER_GUEST_RAM,
      clock: "deterministic",
      hostNs: () => 0,
      wallClockMs: () => 0,
      serialSink: () => undefined,
      input: [silence, silence],
    });
    const everything = { quantum: 1, threshold: 0, strict: false };
    if (engine === "translator") machine.translateBy(new LocalPort(new Uint8Array(memory.buffer)), everything);
    machine.boot(loadTimerGuest(memory));
    while (machine.retired < TOTAL) {
      const left = TOTAL - machine.retired;
      expect(machine.run(Math.min(slice, left), exact || left <= slice).kind).toBe("slice");
    }
    expect(machine.retired).toBe(TOTAL);
    return timerLog(memory);
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

  it.each([50_000, 7777])("and so they do where all code is translated, in slices of %i", (slice) => {
    expect(logOf(slice, false, "translator")).toEqual(reference);
  });
});
