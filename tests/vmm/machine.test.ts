import { describe, expect, it } from "vitest";
import { RAM_BASE, wasmPages } from "../../src/vmm/cpu/layout.js";
import { LONGEST_RUN } from "../../src/vmm/interpreter/code-cache.js";
import { type InputSource, Machine, type MachineParts, type SliceEnd } from "../../src/vmm/machine.js";
import { MonitorFault } from "../../src/vmm/monitor-fault.js";
import { LONGEST_SLICE } from "../../src/vmm/slice-length.js";
import { loadLinux } from "../../src/vmx/loader/linux.js";
import { READY, tinyGuest } from "../guests/tiny-guest.js";

const RAM = 32 << 20;

/** A machine in this thread, with the tiny guest, a host clock that a test moves, and input that it types. */
class Rig {
  now = 0;
  output = "";
  readonly typed: number[] = [];
  readonly machine: Machine;

  constructor(parts: Partial<MachineParts> = {}, kernel = tinyGuest()) {
    const pages = wasmPages(RAM);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
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
    this.machine = new Machine({
      memory,
      ramBytes: RAM,
      clock: "host",
      hostNs: () => this.now,
      wallClockMs: () => 0,
      serialSink: (_port, byte) => {
        this.output += String.fromCharCode(byte);
      },
      input: [keyboard, silence],
      ...parts,
    });
    const state = loadLinux(new Uint8Array(memory.buffer, RAM_BASE, RAM), { kernel, cmdline: "" });
    this.machine.boot({ kind: "loaded", state });
  }
  type(text: string): void {
    for (const letter of text) this.typed.push(letter.charCodeAt(0));
  }
  /** Runs until something else than the end of a slice comes up. */
  run(): SliceEnd {
    for (;;) {
      const end = this.machine.run();
      if (end.kind !== "slice") return end;
    }
  }
}

/** The tiny guest, but where it would sleep in HLT it goes round and round. */
function restlessGuest(): Uint8Array {
  const kernel = Buffer.from(tinyGuest());
  kernel[kernel.indexOf(Buffer.of(0xfb, 0xf4, 0xeb)) + 1] = 0x90;
  return kernel;
}

describe("the machine", () => {
  it("says how long a halted guest has nothing to do: until the timer ticks, 54.9 ms at first", () => {
    const rig = new Rig();
    const end = rig.run();
    expect(rig.output).toBe(READY);
    expect(end).toEqual({ kind: "idle", ns: expect.closeTo(54.925e6, -4) });
    rig.now += 54e6;
    expect(rig.run()).toEqual({ kind: "idle", ns: expect.closeTo(0.925e6, -4) });
  });

  it("hands input to the guest as its UART has room", () => {
    const rig = new Rig();
    rig.run();
    rig.type("MORE THAN THE SIXTEEN BYTES OF A FIFO");
    expect(rig.run().kind).toBe("idle");
    expect(rig.output).toBe(`${READY}MORE THAN THE SIXTEEN BYTES OF A FIFO`);
  });

  it("has powered off when the guest halts with interrupts off", () => {
    const rig = new Rig();
    rig.run();
    rig.type("!");
    expect(rig.run()).toEqual({ kind: "halted" });
  });

  it("asks for a reset when the guest pulls the reset line", () => {
    const rig = new Rig();
    rig.run();
    rig.type("r");
    expect(rig.run()).toEqual({ kind: "reset", cause: "keyboard_controller" });
  });

  it("keeps guest time still while paused", () => {
    const rig = new Rig();
    rig.run();
    rig.machine.pause();
    const before = rig.machine.guestTime;
    rig.now += 1e9;
    expect(rig.machine.guestTime).toBe(before);
    rig.machine.resume();
    rig.now += 5;
    expect(rig.machine.guestTime).toBe(before + 5);
  });

  it("by the deterministic clock, goes to the next timer instead of waiting", () => {
    const rig = new Rig({ clock: "deterministic" });
    while (rig.output !== READY) rig.machine.run();
    const ran = rig.machine.sample().instructions;
    for (let i = 0; i < 100; i++) rig.machine.run();
    const { instructions, guestTimeNs } = rig.machine.sample();
    expect(instructions - ran).toBeLessThan(10);
    expect(guestTimeNs).toBeGreaterThan(50 * 54.9e6);
  });

  it("attends to input within a bounded number of instructions, however fast the guest runs", () => {
    // To this clock every slice is over in no time, which makes for long ones.
    let ns = 0;
    const rig = new Rig({ hostNs: () => ns++ }, restlessGuest());
    const slices: number[] = [];
    const slice = () => {
      const before = rig.machine.retired;
      rig.machine.run();
      slices.push(rig.machine.retired - before);
    };
    for (let i = 0; i < 30; i++) slice();
    expect(Math.max(...slices)).toBeGreaterThan(LONGEST_SLICE / 2);
    rig.type("a");
    slice();
    expect(rig.output).toBe(`${READY}a`);
    expect(Math.max(...slices)).toBeLessThan(LONGEST_SLICE + LONGEST_RUN);
  });

  it("ends a slice at the next instruction boundary when it is told to", () => {
    const rig: Rig = new Rig({
      serialSink: (_port, byte) => {
        rig.output += String.fromCharCode(byte);
        rig.machine.endSlice();
      },
    });
    for (let letters = 1; letters <= READY.length; letters++) {
      expect(rig.machine.run()).toEqual({ kind: "slice" });
      expect(rig.output).toBe(READY.slice(0, letters));
    }
  });

  it("ends with a typed fault that says where the guest was, when the monitor fails", () => {
    const rig = new Rig({
      serialSink: () => {
        throw new Error("no sink");
      },
    });
    const error = (() => {
      try {
        return rig.run();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(MonitorFault);
    expect(error).toMatchObject({
      code: "internal_error",
      message: "no sink",
      context: { "cs:eip": expect.stringMatching(/^0010:001000..$/) },
    });
  });
});
