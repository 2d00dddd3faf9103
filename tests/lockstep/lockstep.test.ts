import { describe, expect, it } from "vitest";
import { EBP } from "../../src/vmm/cpu/general-registers.js";
import { GPR, RAM_BASE, wasmPages } from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import type { Make } from "../../src/vmm/lockstep/history.js";
import { Lockstep } from "../../src/vmm/lockstep/lockstep.js";
import { interpreterSubject, type Subject, translatorSubject } from "../../src/vmm/lockstep/subject.js";
import { type Boot, type InputSource, Machine, type MachineParts, type SliceEnd } from "../../src/vmm/machine.js";
import { MonitorFault } from "../../src/vmm/monitor-fault.js";
import { LocalPort } from "../../src/vmm/translator/local-port.js";
import type { TranslatorRequest } from "../../src/vmm/translator/port.js";
import { loadLinux } from "../../src/vmx/loader/linux.js";
import { loadTimerGuest, TIMER_GUEST_RAM, timerLog } from "../guests/timer-guest.js";
import { READY, tinyGuest } from "../guests/tiny-guest.js";

const EVERY = 10_000;
/** The timer guest rests too often for its code to be found hot. */
const ALL_CODE = { quantum: 1, threshold: 0, strict: true };

function memoryOf(ramBytes: number): WebAssembly.Memory {
  const pages = wasmPages(ramBytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Two machines in this thread, with a guest, and input that a test types. */
class Rig {
  output = "";
  readonly typed: number[] = [];
  readonly memory: WebAssembly.Memory;
  readonly lockstep: Lockstep;

  constructor(subject: Subject, ramBytes: number, load: (memory: WebAssembly.Memory) => Boot) {
    this.memory = memoryOf(ramBytes);
    const { typed } = this;
    const keyboard: InputSource = {
      get length() {
        return typed.length;
      },
      peek: (into) => {
        const some = typed.slice(0, into.length);
        into.set(some);
        return some.length;
      },
      advance: (count) => void typed.splice(0, count),
    };
    const silence: InputSource = { length: 0, peek: () => 0, advance: () => undefined };
    this.lockstep = new Lockstep({
      memory: this.memory,
      subjectMemory: memoryOf(ramBytes),
      ramBytes,
      hostNs: () => 0,
      wallClockMs: () => 0,
      serialSink: (_port, byte) => {
        this.output += String.fromCharCode(byte);
      },
      input: [keyboard, silence],
      subject,
      every: EVERY,
    });
    this.lockstep.boot(load(this.memory));
  }
  type(text: string): void {
    for (const letter of text) this.typed.push(letter.charCodeAt(0));
  }
  run(turns: number): SliceEnd {
    let end: SliceEnd = { kind: "slice" };
    for (let turn = 0; turn < turns && end.kind === "slice"; turn++) end = this.lockstep.run();
    return end;
  }
  /** The fault that it ends with. */
  difference(): MonitorFault {
    try {
      this.run(100);
    } catch (fault) {
      if (fault instanceof MonitorFault) return fault;
      throw fault;
    }
    throw new Error("no difference was found");
  }
}

const tiny = (memory: WebAssembly.Memory): Boot => ({
  kind: "loaded",
  state: loadLinux(new Uint8Array(memory.buffer, RAM_BASE, 32 << 20), { kernel: tinyGuest(), cmdline: "" }),
});
const withTinyGuest = (subject: Subject) => new Rig(subject, 32 << 20, tiny);
const withTimerGuest = (subject: Subject) => new Rig(subject, TIMER_GUEST_RAM, loadTimerGuest);

/** A machine that something happens to, once, when so many instructions have retired, or soon afterwards. */
function makeTampered(count: number, tamper: (state: CpuState) => void): Make {
  return (parts: MachineParts) => {
    const machine = new Machine(parts);
    const run = machine.run.bind(machine);
    let done = false;
    machine.run = (instructions, exact) => {
      const end = run(instructions, exact);
      if (!done && machine.retired >= count) {
        done = true;
        tamper(new CpuState(parts.memory));
      }
      return end;
    };
    return machine;
  };
}

describe("two machines in lockstep", () => {
  it.each([
    ["the interpreter", interpreterSubject],
    ["the translator", () => translatorSubject(undefined, ALL_CODE)],
  ])("go on like one: %s, with timers, strings and code that changes itself", (_name, subject) => {
    const rig = withTimerGuest(subject());
    expect(rig.run(60).kind).toBe("slice");
    expect(timerLog(rig.memory).length).toBeGreaterThan(10);
    expect(rig.lockstep.sample().instructions).toBe(59 * EVERY + 1);
  });

  it("get the same input at the same count, are heard once, and end together", () => {
    const rig = withTinyGuest(interpreterSubject());
    rig.run(3);
    expect(rig.output).toBe(READY);
    rig.type("MORE THAN THE SIXTEEN BYTES OF A FIFO");
    rig.run(20);
    expect(rig.output).toBe(`${READY}MORE THAN THE SIXTEEN BYTES OF A FIFO`);
    rig.type("!");
    expect(rig.run(20).kind).toBe("halted");
  });

  it("are reset together, and booted again", () => {
    const rig = withTinyGuest(interpreterSubject());
    rig.run(3);
    rig.type("r");
    expect(rig.run(100)).toEqual({ kind: "reset", cause: "keyboard_controller" });
    rig.lockstep.boot(tiny(rig.memory));
    rig.run(3);
    expect(rig.output).toBe(READY + READY);
  });
});

describe("the first difference", () => {
  it("is named where a register is another: the instruction behind which it is", () => {
    const flip = (state: CpuState) => state.setReg(EBP, state.get(GPR + 8 * EBP) ^ 0x10);
    const fault = withTimerGuest(interpreterSubject(makeTampered(123_456, flip))).difference();
    expect(fault.code).toBe("lockstep_difference");
    expect(fault.message).toMatch(
      /^the interpreter in other slices differs from the interpreter behind instruction 123456: 0010:001[0-9a-f]{5} {2}/,
    );
    expect(fault.context).toMatchObject({
      instructions: "1",
      EBP: expect.stringMatching(/^0{8} by the reference, 00000010 by the subject, 0{8} before$/),
    });
  });

  it("is named where a device answers otherwise: the IN that reads it", () => {
    const makeLate: Make = (parts) => new Machine({ ...parts, wallClockMs: () => 3_600_000 });
    const rig = withTimerGuest(interpreterSubject(makeLate));
    // mov al, 4 (hours); out 70h, al; in al, 71h; jmp $
    new Uint8Array(rig.memory.buffer).set([0xb0, 4, 0xe6, 0x70, 0xe4, 0x71, 0xeb, 0xfe], RAM_BASE + 0x50_0000);
    rig.lockstep.boot(at(loadTimerGuest(rig.memory), 0x50_0000));
    const fault = rig.difference();
    expect(fault.message).toContain("behind instruction 3: 0010:00500004  e4 71  in");
    expect(fault.context).toHaveProperty("EAX");
  });

  it("is named where memory is another and no register: by the pages that differ when all of memory is compared", () => {
    const flip = (state: CpuState) => {
      state.u8[RAM_BASE + 0x12_3456] ^= 1;
    };
    const rig = withTinyGuest(interpreterSubject(makeTampered(5000, flip)));
    rig.run(3);
    rig.type("s");
    rig.run(10);
    rig.lockstep.ctrlAltDel();
    expect(() => rig.run(1100)).toThrow(/behind instruction 5000: .* jmp/);
  });

  it("is named where a translation is wrong: ADD translated as SUB", () => {
    const rig = withTimerGuest(translatorSubject((memory) => new Wrong(memory, [0x01, 0xca], [0x29, 0xca])));
    // mov ecx, 5; l: inc eax; xor ebx, eax; add edx, ecx; jmp l
    const code = [0xb9, 5, 0, 0, 0, 0x40, 0x31, 0xc3, 0x01, 0xca, 0xeb, 0xf9];
    new Uint8Array(rig.memory.buffer).set(code, RAM_BASE + 0x50_0000);
    rig.lockstep.boot(at(loadTimerGuest(rig.memory), 0x50_0000));
    const fault = rig.difference();
    expect(fault.message).toMatch(/^the translator differs from the interpreter behind instruction \d+: 0010:00500008 {2}01 ca {2}add/);
    expect(fault.context).toMatchObject({ instructions: "1", EDX: expect.any(String), noticed: expect.stringContaining("EDX") });
  });

  it("is named among the few of a region where it shows only in one: INC, translated as DEC, right behind STI", () => {
    const fault = withTimerGuest(translatorSubject((memory) => new Wrong(memory, [0xfb, 0x40], [0xfb, 0x48]), ALL_CODE)).difference();
    const { context } = fault;
    expect(Number(context.instructions)).toBeLessThanOrEqual(16);
    const named = [fault.message, ...Array.from({ length: 15 }, (_, i) => context[`then (${i + 2})`] ?? "")].join("\n");
    expect(named).toMatch(/ {2}fb {2}sti\n.* {2}40 {2}inc/);
    expect(context).toHaveProperty("EAX");
    expect(context).not.toHaveProperty("events");
  });
});

/** Translates other code than there is: one pattern of bytes in place of another. */
class Wrong extends LocalPort {
  constructor(
    private readonly machineMemory: Uint8Array,
    private readonly pattern: readonly number[],
    private readonly replacement: readonly number[],
  ) {
    super(machineMemory.slice());
  }
  override send(what: TranslatorRequest): void {
    const { pattern, replacement } = this;
    this.memory.set(this.machineMemory);
    for (const { pages } of what.kind === "translate" ? what.requests : [])
      for (const { host } of pages) {
        const page = this.memory.subarray(host, host + 4096);
        for (let i = 0; i < page.length; i++) if (pattern.every((byte, n) => page[i + n] === byte)) page.set(replacement, i);
      }
    super.send(what);
  }
}

/** The same, but for where it starts. */
function at(boot: Boot, eip: number): Boot {
  if (boot.kind !== "loaded") throw new Error("not loaded");
  return { kind: "loaded", state: { ...boot.state, eip } };
}
