import type { Ports, TimeStampCounter } from "../../src/vmm/cpu/connections.js";
import { Cpu } from "../../src/vmm/cpu/cpu.js";
import { Event } from "../../src/vmm/cpu/events.js";
import { setRealModeSegment } from "../../src/vmm/cpu/hidden-part.js";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { compileCore, Interpreter, Stopped } from "../../src/vmm/interpreter/interpreter.js";
import { Mmu } from "../../src/vmm/mmu/mmu.js";
import { image, inBatches, results } from "./batch.js";
import type { Case, Outcome, Side } from "./case.js";
import { EXIT_PANIC, PORT_EXIT, PORT_WATCHDOG, PORT_WATCHDOG_OFF, RAM_SIZE, RESET16 } from "./layout.js";

/** Instructions until the watchdog barks. */
const PATIENCE = 100_000;
/** A budget for the program itself, which may be used up without meaning anything. */
const UNWATCHED = 1 << 30;
const PAGES = at.wasmPages(RAM_SIZE);

/** Our processor, with the board's few ports that the program knows. */
export class Worldswitch implements Side {
  readonly name = "worldswitch";
  readonly #state = new CpuState(new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true }));
  readonly #mmu = new Mmu(this.#state, RAM_SIZE);
  readonly #cpu: Cpu;
  readonly #interpreter: Interpreter;
  #watching = false;
  #exit: number | undefined;

  constructor() {
    const ports: Ports = {
      read: (_port, size) => 2 ** (8 * size) - 1,
      write: (port, _size, value) => {
        if (port === PORT_EXIT) this.#exit = value;
        if (port === PORT_WATCHDOG) this.#watching = true;
        else if (port === PORT_WATCHDOG_OFF) this.#watching = false;
        else if (port !== PORT_EXIT) return;
        this.#cpu.setEvents(Event.Stop);
      },
    };
    const tsc: TimeStampCounter = { low: 0, high: 0, window: 0, read: () => {}, write: () => {} };
    this.#cpu = new Cpu(this.#state, this.#mmu, ports, tsc);
    this.#interpreter = new Interpreter(this.#cpu, this.#mmu, () => 0, compileCore());
  }

  run(cases: readonly Case[]): Outcome[] {
    return inBatches(cases, (batch) => this.#run(batch));
  }

  #run(cases: readonly Case[]): Outcome[] {
    const { memory } = this.#mmu;
    for (const { address, bytes } of image(cases)) memory.writeBytes(address, bytes);
    this.#exit = undefined;
    this.#reset();
    let barked = false;
    while (this.#exit === undefined) {
      const stopped = this.#interpreter.run(this.#watching || barked ? PATIENCE : UNWATCHED);
      if (stopped === Stopped.Requested) this.#cpu.clearEvents(Event.Stop);
      else if (stopped === Stopped.TripleFault) this.#reset();
      else if (this.#watching) {
        this.#watching = false;
        barked = true;
        this.#cpu.signalNmi();
        continue;
      } else if (stopped === Stopped.Halted || barked) break;
      barked = false;
    }
    if (this.#exit === EXIT_PANIC) throw new Error("an exception in the program itself");
    return results(this.#state.u8.subarray(at.RAM_BASE, at.RAM_BASE + RAM_SIZE));
  }

  /** RESET, and the jump of the ROM. */
  #reset(): void {
    this.#watching = false;
    this.#cpu.reset();
    setRealModeSegment(this.#cpu, at.CS, 0);
    this.#cpu.eip = RESET16;
  }
}
