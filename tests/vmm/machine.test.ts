import { describe, expect, it } from "vitest";
import { RAM_BASE, wasmPages } from "../../src/vmm/cpu/layout.js";
import { type InputSource, Machine, type MachineParts, type SliceEnd } from "../../src/vmm/machine.js";
import { MonitorFault } from "../../src/vmm/monitor-fault.js";
import { loadLinux } from "../../src/vmx/loader/linux.js";
import { READY, tinyGuest } from "../guests/tiny-guest.js";

const RAM = 32 << 20;

/** A machine in this thread, with the tiny guest, a host clock that a test moves, and input that it types. */
class Rig {
  now = 0;
  output = "";
  readonly typed: number[] = [];
  readonly machine: Machine;

  constructor(parts: Partial<MachineParts> = {}) {
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
    const state = loadLinux(new Uint8Array(memory.buffer, RAM_BASE, RAM), { kernel: tinyGuest(), cmdline: "" });
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
