import type { Cpu } from "../../src/vmm/cpu/cpu.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { compileCore, type Interpreter } from "../../src/vmm/interpreter/interpreter.js";
import { type InputSource, Machine } from "../../src/vmm/machine.js";
import { MonitorFault } from "../../src/vmm/monitor-fault.js";
import type { MachineCase } from "./machine-case.js";
import * as map from "./memory-map.js";
import { Selector } from "./memory-map.js";

/** A machine with its devices, by the deterministic clock, whose serial ports have endless input. */
export class WholeMachine {
  readonly state: CpuState;
  readonly cpu: Cpu;
  readonly interpreter: Interpreter;
  /** A digest of what the serial ports sent. */
  heard = 0;
  readonly #machine: Machine;

  constructor() {
    const pages = at.wasmPages(map.RAM_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.state = new CpuState(memory);
    this.#machine = new Machine({
      memory,
      ramBytes: map.RAM_BYTES,
      clock: "deterministic",
      hostNs: () => 0,
      wallClockMs: () => Date.UTC(2026, 10, 25),
      serialSink: (port, byte) => {
        this.heard = (Math.imul(this.heard ^ byte ^ (port << 8), 0x0100_0193) + 1) | 0;
      },
      input: [keys(), keys()],
      core: compileCore(true),
    });
    // biome-ignore lint/complexity/useLiteralKeys: what a machine keeps to itself is what is looked at here
    this.cpu = this.#machine["cpu"];
    // biome-ignore lint/complexity/useLiteralKeys: the same
    this.interpreter = this.#machine["interpreter"];
  }

  get ram(): Uint8Array {
    return this.state.u8.subarray(at.RAM_BASE, at.RAM_BASE + map.RAM_BYTES);
  }

  /** Boots the case and runs its slices. Gives the reason why the last one ended. */
  run(c: MachineCase): string {
    this.ram.set(c.image.bytes.subarray(0, map.HOLE.start));
    this.ram.set(c.image.bytes.subarray(map.HOLE.end), map.HOLE.end);
    this.#machine.boot({
      kind: "loaded",
      state: {
        gdtBase: map.GDT,
        gdtLimit: 8 * map.GDT_ENTRIES - 1,
        codeSelector: Selector.code0,
        dataSelector: Selector.data0,
        eip: map.CODE,
        registers: { esi: map.DATA, esp: map.STACKS + 0x6000 },
      },
    });
    let end = "slice";
    try {
      for (let slice = 0; slice < c.slices && end === "slice"; slice++) end = this.#machine.run(c.instructions).kind;
    } catch (error) {
      if (error instanceof MonitorFault && error.code !== "internal_error") return error.code;
      throw error;
    }
    return end;
  }
}

const keys = (): InputSource => ({
  length: 1,
  peek: (into) => {
    into[0] = 0x61;
    return 1;
  },
  advance: () => undefined,
});
