import { Cpu } from "../../src/vmm/cpu/cpu.js";
import { Event } from "../../src/vmm/cpu/events.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { compileCore, Interpreter, type Stopped } from "../../src/vmm/interpreter/interpreter.js";
import { Mmu } from "../../src/vmm/mmu/mmu.js";
import { Answers } from "./answers.js";
import type { FuzzCase } from "./fuzz-case.js";
import * as map from "./memory-map.js";
import { PAGE } from "./memory-map.js";

const WASM_PAGES = at.wasmPages(map.RAM_BYTES);
const core = compileCore(true);

/** How a case is executed: as machines do, by blocks of decoded code; or each instruction alone, from its bytes. */
export type Manner = "blocks" | "steps";

/** What a run of a case did, beside changing the state. */
export interface Run {
  readonly stopped: Stopped;
  readonly retired: number;
  /** Exceptions by vector, as they were raised. */
  readonly exceptions: ReadonlyMap<number, number>;
}

/** A processor with memory and devices that answer by rote: what a case runs on. Kept from case to case, caches and all, as a machine keeps them. */
export class Processor {
  readonly state: CpuState;
  readonly mmu: Mmu;
  readonly cpu: Cpu;
  readonly interpreter: Interpreter;
  readonly answers = new Answers();
  #exceptions = new Map<number, number>();
  /** The state block of a processor that has never run. */
  readonly #fresh: Uint32Array;

  constructor(readonly manner: Manner) {
    this.state = new CpuState(new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES, shared: true }));
    this.mmu = new Mmu(this.state, map.RAM_BYTES);
    this.mmu.memory.addRegion(this.answers.region(map.DEVICE));
    this.mmu.memory.addRegion(this.answers.region(map.HIGH_DEVICE));
    this.cpu = new Cpu(this.state, this.mmu, this.answers.ports, this.answers.tsc);
    this.interpreter = new Interpreter(
      this.cpu,
      this.mmu,
      () => {
        const { vector, last } = this.answers.acknowledge();
        if (last) this.cpu.setInterruptLine(false);
        return vector;
      },
      core,
    );
    const deliver = this.cpu.deliverFault;
    this.cpu.deliverFault = () => {
      const vector = this.state.get(at.FAULT_VECTOR);
      this.#exceptions.set(vector, (this.#exceptions.get(vector) ?? 0) + 1);
      return deliver.call(this.cpu);
    };
    if (manner === "steps") {
      // As if an instruction breakpoint were set that is never hit.
      const derive = this.cpu.updateEvents;
      this.cpu.updateEvents = () => {
        derive.call(this.cpu);
        this.cpu.setEvents(Event.Breakpoints);
      };
      this.cpu.updateEvents();
    }
    this.#fresh = this.state.u32.slice(at.STATE >> 2, at.RESULT >> 2);
  }

  get ram(): Uint8Array {
    return this.state.u8.subarray(at.RAM_BASE, at.RAM_BASE + map.RAM_BYTES);
  }

  get heard(): number {
    return this.answers.digest;
  }

  /** Forgets all decoded code, so that what follows doesn't depend on what was. */
  forget(): void {
    this.interpreter.cache.flush();
    this.mmu.flushAll();
  }

  /**
   * RESET, memory as the case wants it (through the code watch, as a loader's or a device's stores), then the case's state. Gives what RESET
   * has left of before.
   */
  load(c: FuzzCase): string[] {
    this.answers.restart(c.answers);
    this.cpu.setInterruptLine(false);
    this.cpu.reset();
    const stale = this.#staleWords();
    const { ram } = this;
    for (let page = 0; page < map.RAM_BYTES; page += PAGE) {
      if (page >= map.HOLE.start && page < map.HOLE.end) continue;
      const wanted = c.image.bytes.subarray(page, page + PAGE);
      if (Buffer.compare(ram.subarray(page, page + PAGE), wanted) !== 0) this.mmu.memory.writeBytes(page, wanted);
    }
    c.enter(this.cpu);
    return stale;
  }

  #staleWords(): string[] {
    const found: string[] = [];
    for (let word = at.STATE; word < at.RESULT; word += 4)
      if ((word < at.STATE_END || word >= at.ZERO) && this.state.get(word) !== this.#fresh[(word - at.STATE) / 4])
        found.push(`after RESET ${word.toString(16)} isn't what it is in a new machine`);
    return found;
  }

  run(budget: number): Run {
    this.#exceptions = new Map();
    const before = this.interpreter.retired;
    const stopped = this.interpreter.run(budget);
    return { stopped, retired: this.interpreter.retired - before, exceptions: this.#exceptions };
  }
}
