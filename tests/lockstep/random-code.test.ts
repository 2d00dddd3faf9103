import { describe, expect, it } from "vitest";
import { RAM_BASE, wasmPages } from "../../src/vmm/cpu/layout.js";
import { Lockstep } from "../../src/vmm/lockstep/lockstep.js";
import { interpreterSubject, type Subject, translatorSubject } from "../../src/vmm/lockstep/subject.js";
import { MonitorFault } from "../../src/vmm/monitor-fault.js";
import { type MachineCase, makeMachineCase } from "../core-fuzz/machine-case.js";
import * as map from "../core-fuzz/memory-map.js";

const SEED = 20261126;
const CASES = 40;
const TURNS = 8;
const EVERY = 5000;

function memory(): WebAssembly.Memory {
  const pages = wasmPages(map.RAM_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Random code for whole machines, with their devices: one pair of machines, booted with each case. */
class Pair {
  private readonly memory = memory();
  private readonly lockstep: Lockstep;

  constructor(subject: Subject) {
    const silence = { length: 0, peek: () => 0, advance: () => undefined };
    this.lockstep = new Lockstep({
      memory: this.memory,
      subjectMemory: memory(),
      ramBytes: map.RAM_BYTES,
      hostNs: () => 0,
      wallClockMs: () => 0,
      serialSink: () => undefined,
      input: [silence, silence],
      subject,
      every: EVERY,
    });
  }

  /** How it ended: as a slice does, or by the code of a fault. */
  run(c: MachineCase): string {
    const ram = new Uint8Array(this.memory.buffer, RAM_BASE, map.RAM_BYTES);
    ram.set(c.image.bytes.subarray(0, map.HOLE.start));
    ram.set(c.image.bytes.subarray(map.HOLE.end), map.HOLE.end);
    const { code0, data0 } = map.Selector;
    const registers = { esi: map.DATA, esp: map.STACKS + 0x6000 };
    const gdt = { gdtBase: map.GDT, gdtLimit: 8 * map.GDT_ENTRIES - 1, codeSelector: code0, dataSelector: data0 };
    try {
      this.lockstep.boot({ kind: "loaded", state: { ...gdt, eip: map.CODE, registers } });
      for (let turn = 0; turn < TURNS; turn++) {
        const { kind } = this.lockstep.run();
        if (kind !== "slice") return kind;
      }
      return "slice";
    } catch (error) {
      if (error instanceof MonitorFault && error.code !== "internal_error")
        return `${error.code}: ${error.message} ${JSON.stringify(error.context)}`;
      throw error;
    }
  }
}

describe("random code does the same in both machines", () => {
  it.each([
    ["the interpreter in other slices", interpreterSubject],
    ["the translator, of all code", () => translatorSubject(undefined, { quantum: 100, threshold: 0, strict: true })],
  ])("%s", (_name, subject) => {
    const pair = new Pair(subject());
    const ends = Array.from({ length: CASES }, (_, number) => pair.run(makeMachineCase(SEED, number)));
    expect(ends.filter((end) => end.startsWith("lockstep_difference"))).toEqual([]);
    expect(ends.filter((end) => end === "slice").length).toBeGreaterThan(CASES / 8);
  });
});
