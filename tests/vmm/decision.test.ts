import { beforeEach, describe, expect, it } from "vitest";
import { setBootState } from "../../src/vmm/cpu/boot-state.js";
import { Cpu } from "../../src/vmm/cpu/cpu.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { descriptorsChanged } from "../../src/vmm/cpu/reversible.js";
import { DecisionEngine } from "../../src/vmm/decision/decision-engine.js";
import { decide } from "../../src/vmm/decision/rule.js";
import { IF, IOPL, VM } from "../../src/vmm/isa/flags.js";
import { MmuGuest } from "./mmu-guest.js";
import { Access, EAX, FREE, level, SystemGuest } from "./system-guest.js";

const GDT = 0x1000;
const CODE3 = 0x0b;
const DATA3 = 0x13;

let guest: MmuGuest;
let cpu: Cpu;

/** An application in protected mode: flat ring 3 segments that equal their descriptors, interrupts on, IOPL 0. */
beforeEach(() => {
  guest = new MmuGuest();
  cpu = new Cpu(
    guest.state,
    guest.mmu,
    { read: () => 0, write: () => undefined },
    { read: () => undefined, low: 0, high: 0, window: 0, write: () => undefined },
  );
  guest.put(GDT + 8, 0x0000ffff);
  guest.put(GDT + 12, 0x00cffb00);
  guest.put(GDT + 16, 0x0000ffff);
  guest.put(GDT + 20, 0x00cff300);
  setBootState(cpu, { gdtBase: GDT, gdtLimit: 0x17, codeSelector: CODE3, dataSelector: DATA3, eip: 0, registers: { esp: 0x8000 } });
  for (const n of [at.ES, at.CS, at.SS, at.DS, at.FS, at.GS]) {
    guest.state.setSegment(n, at.Seg.access, guest.state.segment(n, at.Seg.access) | 0x60);
  }
  cpu.setCpl(3);
  guest.state.set(at.EFLAGS, IF | 2);
});

describe("the decision", () => {
  it("is direct execution for an application", () => {
    expect(decide(cpu)).toBe("directExecution");
  });

  it.each([
    ["real mode", () => guest.state.set(at.CR0, 0x10)],
    ["the system's privilege", () => cpu.setCpl(0)],
    ["I/O privilege", () => guest.state.set(at.EFLAGS, IF | IOPL | 2)],
    ["interrupts off", () => guest.state.set(at.EFLAGS, 2)],
    ["a segment that differs from its descriptor", () => guest.state.setSegment(at.GS, at.Seg.base, 0x1000)],
  ])("is binary translation: %s", (_, change) => {
    change();
    descriptorsChanged(cpu);
    expect(decide(cpu)).toBe("binaryTranslation");
  });

  it("is direct execution in virtual-8086 mode", () => {
    guest.state.set(at.EFLAGS, VM | IOPL | 2);
    expect(decide(cpu)).toBe("directExecution");
  });
});

describe("the decision engine", () => {
  it("goes back to direct execution when the application loads the last irreversible segment anew", () => {
    const application = new SystemGuest().protectedMode();
    application.descriptor(FREE, 0x1000, 0xfff, Access.data | level(3));
    application.toLevel(3);
    application.set(EAX, FREE | 3);
    const loadFs = () => application.exec(0x8e, 0xe0);
    loadFs();
    const engine = new DecisionEngine(
      application.cpu,
      () => 0,
      () => 0,
    );
    const heard = application.cpu.onModeChange;
    application.cpu.onModeChange = () => {
      heard();
      engine.changed();
    };
    application.descriptor(FREE, 0x2000, 0xfff, Access.data | level(3));
    descriptorsChanged(application.cpu);
    engine.enter();
    expect(engine.mode).toBe("binaryTranslation");
    loadFs();
    expect(engine.mode).toBe("directExecution");
  });

  it("accounts instructions and time to the mode they ran in, and counts entries", () => {
    let retired = 100;
    let now = 1000;
    const engine = new DecisionEngine(
      cpu,
      () => retired,
      () => now,
    );
    const run = (instructions: number) => {
      retired += instructions;
      now += 10 * instructions;
    };
    engine.enter();
    run(5);
    // A system call: state changes in two steps, and only what holds in the end counts.
    engine.changed();
    guest.state.set(at.EFLAGS, 2);
    engine.changed();
    cpu.setCpl(0);
    expect(engine.mode).toBe("binaryTranslation");
    run(7);
    engine.leave();
    run(1000);
    expect(engine.counters).toEqual({
      directExecution: { instructions: 5, entries: 1, timeNs: 50 },
      binaryTranslation: { instructions: 7, entries: 1, timeNs: 70 },
    });
  });
});
