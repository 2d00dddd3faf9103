import { LONGEST_RUN } from "../../src/vmm/interpreter/code-cache.js";
import { Stopped } from "../../src/vmm/interpreter/interpreter.js";
import { impossibilities } from "./architecture.js";
import { Canaries } from "./canaries.js";
import { stateDifferences } from "./final-state.js";
import { type FuzzCase, makeCase } from "./fuzz-case.js";
import { type MachineCase, makeMachineCase } from "./machine-case.js";
import * as map from "./memory-map.js";
import { brokenTables } from "./monitor-tables.js";
import { Processor, type Run } from "./processor.js";
import { count, newTally, type Tally } from "./tally.js";
import { WholeMachine } from "./whole-machine.js";

/** Cases between two looks at all of the monitor's memory. */
export const BATCH = 200;
/** Every so many batches are run by whole machines. */
const MACHINE_EVERY = 6;

interface Inspected {
  readonly engine: Processor | WholeMachine;
  readonly canaries: Canaries;
}

export interface Failure {
  readonly number: number;
  readonly title: string;
  /** Hexadecimal, from where the case begins. */
  readonly code: string;
  readonly what: readonly string[];
}

/** Cases between two looks at the tables: each case begins with empty ones. */
const LOOK_EVERY = 25;

const isOfMachines = (number: number): boolean => Math.floor(number / BATCH) % MACHINE_EVERY === MACHINE_EVERY - 1;

/** The case with this number, of a machine or of a processor. */
export function caseAt(seed: number, number: number): FuzzCase | MachineCase {
  return isOfMachines(number) ? makeMachineCase(seed, number) : makeCase(seed, number);
}

/** Runs cases and looks for what may not be. A case is a seed and a number; a batch of them doesn't depend on what ran before. */
export class Fuzzer {
  readonly blocks = new Processor("blocks");
  readonly steps = new Processor("steps");
  /** With the same history as `blocks`. */
  readonly #again = new Processor("blocks");
  /** Two, with the same history: they must stay the same. Made for each batch, since a machine's clock never goes back. */
  #machines: readonly [WholeMachine, WholeMachine] | undefined;
  /** What takes part in the present batch. */
  #inspected: readonly Inspected[] = [];

  constructor(
    readonly seed: number,
    /** Called before each case, for whoever watches that it ends. */
    private readonly starting: (number: number) => void = () => undefined,
  ) {}

  /** The batch that begins with this case. */
  batch(first: number, tally: Tally, size = BATCH): Failure[] {
    const failures: Failure[] = [];
    this.#begin(first);
    for (let number = first; number < first + size; number++) {
      failures.push(...this.one(number, tally));
      const look = (number + 1 - first) % LOOK_EVERY === 0;
      if (look && this.#brokenTables().length > 0) break;
    }
    return this.inspect().length > 0 ? [...failures, this.#culprit(first, size, tally)] : failures;
  }

  /** One case, as part of its batch. Gives no failure or one. */
  one(number: number, tally: Tally): Failure[] {
    this.starting(number);
    const c = caseAt(this.seed, number);
    let what: string[];
    try {
      what = "slices" in c ? this.#runMachines(c, tally) : this.#runProcessors(c, tally);
    } catch (error) {
      // Whatever is thrown has escaped from the core.
      what = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    }
    return what.length === 0 ? [] : [{ number, title: c.title, code: Buffer.from(c.code).toString("hex"), what }];
  }

  /** The failure with the smallest budget that shows it, if it does alone: what fails then is the last instruction. */
  minimized(failure: Failure): Failure {
    const c = caseAt(this.seed, failure.number);
    if ("slices" in c || failure.code === "") return failure;
    for (let budget = 1; budget <= c.budget; budget++) {
      this.#begin(failure.number);
      const what = this.#runProcessors({ ...c, budget }, newTally());
      if (what.length > 0) return { ...failure, title: `${failure.title}, alone after ${budget} instructions`, what };
    }
    return { ...failure, title: `${failure.title}, not alone: cases before it in its batch matter` };
  }

  /** What is wrong with the monitor's memory beside guest RAM. */
  inspect(): string[] {
    return [...this.#inspected.flatMap(({ canaries }) => canaries.damage()), ...this.#brokenTables()];
  }
  #brokenTables(): string[] {
    return this.#inspected.flatMap(({ engine }) => brokenTables(engine));
  }

  /** The state that the batch with this case begins in. */
  #begin(number: number): void {
    const processors = [this.blocks, this.steps, this.#again];
    this.#machines = isOfMachines(number) ? [new WholeMachine(), new WholeMachine()] : undefined;
    if (!this.#machines) for (const processor of processors) processor.forget();
    this.#inspected = (this.#machines ?? processors).map((engine) => ({ engine, canaries: new Canaries(engine.state.u8) }));
  }

  /** Which case of a batch has done damage: they run again, with a look at everything after each. */
  #culprit(first: number, size: number, tally: Tally): Failure {
    const seen = this.inspect();
    this.#begin(first);
    for (let number = first; number < first + size; number++) {
      this.one(number, tally);
      const what = this.inspect();
      if (what.length > 0) return { number, title: "damage", code: "", what };
    }
    return { number: first, title: `damage by one of ${size} cases, not when they run again`, code: "", what: seen };
  }

  #runProcessors(c: FuzzCase, tally: Tally): string[] {
    const { blocks } = this;
    const stale = blocks.load(c);
    if (stale.length > 0) return stale;
    const before = impossibilities(blocks.cpu);
    if (before.length > 0) return before.map((text) => `the case itself: ${text}`);
    const run = blocks.run(c.budget);
    tally.instructions += run.retired;
    count(tally.modes, c.title);
    count(tally.endings, run.stopped);
    for (const [vector, times] of run.exceptions) count(tally.exceptions, vector, times);
    tally.cases++;
    if (run.retired > c.budget + LONGEST_RUN) return [`${run.retired} instructions with a budget of ${c.budget}`];
    // After a triple fault only RESET is possible.
    const what = run.stopped === Stopped.TripleFault ? [] : impossibilities(blocks.cpu);
    if (what.length > 0) return what;
    this.#again.load(c);
    const again = this.#again.run(c.budget);
    const differences = stateDifferences(blocks, this.#again);
    if (again.retired !== run.retired || differences.length > 0) return ["the same case twice", ...differences];
    return this.#compare(c, run, tally);
  }

  /** Executes the case step by step, and compares where it gets with where blocks of decoded code got. */
  #compare(c: FuzzCase, run: Run, tally: Tally): string[] {
    const { blocks, steps } = this;
    steps.load(c);
    // What is delivered uses up budget as well: so a run may end before all have retired, and each call gets further.
    let retired = 0;
    for (let calls = 0; retired < run.retired && calls < CALLS_AT_MOST; calls++) retired += steps.run(run.retired - retired).retired;
    // Blocks attend to what comes up at their last boundary before they stop: interrupts, traps, faults of what would be next.
    let found = stateDifferences(blocks, steps);
    for (let calls = 0; found.length > 0 && retired === run.retired && calls < CALLS_AT_MOST; calls++) {
      retired += steps.run(0).retired;
      if (retired === run.retired) found = stateDifferences(blocks, steps);
    }
    if (found.length > 0 && tablesChanged(c, blocks.ram)) {
      tally.incomparable++;
      return [];
    }
    tally.compared++;
    return found.map((text) => `by blocks and by steps: ${text}`);
  }

  #runMachines(c: MachineCase, tally: Tally): string[] {
    if (!this.#machines) throw new Error("a case of machines runs in its batch");
    const [one, other] = this.#machines;
    const before = one.interpreter.retired;
    const end = one.run(c);
    tally.instructions += one.interpreter.retired - before;
    tally.cases++;
    count(tally.modes, c.title);
    count(tally.endings, `machine: ${end}`);
    const what = end === "reset" ? [] : impossibilities(one.cpu);
    if (what.length > 0) return what;
    const again = other.run(c);
    if (again !== end) return [`the same machine twice: ${end} and ${again}`];
    return stateDifferences(one, other).map((text) => `the same machine twice: ${text}`);
  }
}

const CALLS_AT_MOST = 8000;

/** Whether the guest wrote to its page tables: what it then sees before a flush may differ, on processors too (accessed and dirty bits apart). */
function tablesChanged(c: FuzzCase, ram: Uint8Array): boolean {
  if (c.mode.paging === "off") return false;
  for (let i = map.PAGE_TABLES; i < map.PAGE_TABLES_END; i++) {
    const marks = i % 4 === 0 ? 0x60 : 0;
    if ((ram[i] ^ c.image.bytes[i]) & ~marks) return true;
  }
  return false;
}
