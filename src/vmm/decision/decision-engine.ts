import type { Cpu } from "../cpu/cpu.js";
import { decide, type ExecutionMode } from "./rule.js";

/** What was run in one mode: retired instructions, times it was entered, host time in nanoseconds. */
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
    this.running = false;
  }

  private account(): void {
    const counters = this.counters[this.current];
    const instructions = this.retired();
    const time = this.hostNs();
    counters.instructions += instructions - this.instructions;
    counters.timeNs += time - this.time;
    this.instructions = instructions;
    this.time = time;
  }
}
