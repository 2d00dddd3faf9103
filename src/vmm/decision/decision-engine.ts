import type { Cpu } from "../cpu/cpu.js";
import { decide, type ExecutionMode } from "./rule.js";

/**
 * Changes of state between two looks at the host's clock: a kernel is entered and left by the hundred thousand a second, and the clock takes as long
 * to read as a few hundred instructions do.
 */
const CLOCK_PERIOD = 32;

/** What was run in one mode: retired instructions, times it was entered, host time in nanoseconds (an estimate). */
export interface ModeCounters {
  instructions: number;
  entries: number;
  timeNs: number;
}

/**
 * Applies the rule at every event that can change its outcome, and accounts for what runs in between. Both modes are run by the interpreter so
 * far; an engine that tells them apart asks `mode` at dispatch.
 */
export class DecisionEngine {
  readonly counters: Record<ExecutionMode, ModeCounters> = {
    directExecution: { instructions: 0, entries: 0, timeNs: 0 },
    binaryTranslation: { instructions: 0, entries: 0, timeNs: 0 },
  };
  private current: ExecutionMode = "binaryTranslation";
  private running = false;
  private stale = false;
  private instructions = 0;
  private time = 0;
  private changes = 0;
  /** Instructions since the clock was read last. */
  private readonly untimed: Record<ExecutionMode, number> = { directExecution: 0, binaryTranslation: 0 };

  /** `retired`: instructions up to this moment. `hostNs`: a monotonic clock of the host. */
  constructor(
    private readonly cpu: Cpu,
    private readonly retired: () => number,
    private readonly hostNs: () => number,
  ) {}

  get mode(): ExecutionMode {
    this.settle();
    return this.current;
  }

  /** Guest code is about to run. */
  enter(): void {
    this.instructions = this.retired();
    this.time = this.hostNs();
    this.current = decide(this.cpu);
    this.stale = false;
    this.running = true;
    this.counters[this.current].entries++;
  }

  /** Something that the rule looks at has changed, perhaps in the middle of an instruction: what ran before is accounted for, the rule waits. */
  changed(): void {
    if (!this.running || this.stale) return;
    this.account();
    if (++this.changes === CLOCK_PERIOD) this.readClock();
    this.stale = true;
  }

  /** The next instruction is about to run: state is consistent again. */
  settle(): void {
    if (!this.stale) return;
    this.stale = false;
    const next = decide(this.cpu);
    if (next === this.current) return;
    this.current = next;
    this.counters[next].entries++;
  }

  /** Guest code has stopped running. */
  leave(): void {
    this.settle();
    this.account();
    this.readClock();
    this.running = false;
  }

  /** The instructions since the last account belong to the present mode. */
  private account(): void {
    const instructions = this.retired();
    const ran = instructions - this.instructions;
    this.counters[this.current].instructions += ran;
    this.untimed[this.current] += ran;
    this.instructions = instructions;
  }

  /** The time since the clock was read last is divided between the modes as the instructions of this time are. */
  private readClock(): void {
    const { counters, untimed } = this;
    const time = this.hostNs();
    const passed = time - this.time;
    const ran = untimed.directExecution + untimed.binaryTranslation;
    if (ran === 0) counters[this.current].timeNs += passed;
    else {
      const direct = (passed * untimed.directExecution) / ran;
      counters.directExecution.timeNs += direct;
      counters.binaryTranslation.timeNs += passed - direct;
    }
    untimed.directExecution = 0;
    untimed.binaryTranslation = 0;
    this.time = time;
    this.changes = 0;
  }
}
