import type { Cpu } from "../cpu/cpu.js";
import { EXECUTION_MODE, MODE_COUNTERS, MODE_SINCE, USER_DIRECT } from "../cpu/layout.js";
import { decide, type ExecutionMode } from "./rule.js";

/** What was run in one mode: retired instructions, times it was entered, host time in nanoseconds (an estimate). */
export interface ModeCounters {
  instructions: number;
  entries: number;
  timeNs: number;
}

/** By the number that EXECUTION_MODE has. */
const MODES: readonly ExecutionMode[] = ["binaryTranslation", "directExecution"];
const COUNTERS_SIZE = 16;

/**
 * Applies the rule at every event that can change its outcome, and accounts for what runs in between. An application that calls its system and returns
 * is the most frequent of these events by far: emitted code (isa/crossing.ts) does the same there, on the same words of state.
 */
export class DecisionEngine {
  private running = false;
  private stale = false;
  private time = 0;
  private readonly timeNs: Record<ExecutionMode, number> = { directExecution: 0, binaryTranslation: 0 };
  /** Instructions of each mode, by its number, when guest code was entered last. */
  private readonly before = [0, 0];

  /** `retired`: instructions up to this moment. `hostNs`: a monotonic clock of the host. */
  constructor(
    private readonly cpu: Cpu,
    private readonly retired: () => number,
    private readonly hostNs: () => number,
  ) {}

  get mode(): ExecutionMode {
    this.settle();
    return this.present;
  }

  get counters(): Record<ExecutionMode, ModeCounters> {
    const of = (mode: ExecutionMode): ModeCounters => {
      const n = MODES.indexOf(mode);
      return { instructions: this.instructions(n), entries: this.word(n, 8), timeNs: this.timeNs[mode] };
    };
    return { directExecution: of("directExecution"), binaryTranslation: of("binaryTranslation") };
  }

  /** Guest code is about to run. */
  enter(): void {
    const { state } = this.cpu;
    state.set(MODE_SINCE, this.retired());
    this.time = this.hostNs();
    for (const n of MODES.keys()) this.before[n] = this.instructions(n);
    this.stale = false;
    this.running = true;
    this.begin(this.decided());
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
    const next = this.decided();
    if (next !== this.present) this.begin(next);
  }

  /** Guest code has stopped running. */
  leave(): void {
    this.settle();
    this.account();
    this.shareTime();
    this.running = false;
  }

  private get present(): ExecutionMode {
    return MODES[this.cpu.state.get(EXECUTION_MODE)];
  }
  private decided(): ExecutionMode {
    const mode = decide(this.cpu);
    if (this.cpu.cpl === 3) this.cpu.state.set(USER_DIRECT, mode === "directExecution" ? 1 : 0);
    return mode;
  }
  private begin(mode: ExecutionMode): void {
    const n = MODES.indexOf(mode);
    this.cpu.state.set(EXECUTION_MODE, n);
    this.add(n, 8, 1);
  }

  /** The instructions since the last account belong to the present mode. */
  private account(): void {
    const { state } = this.cpu;
    const retired = this.retired() >>> 0;
    this.add(state.get(EXECUTION_MODE), 0, (retired - state.get(MODE_SINCE)) >>> 0);
    state.set(MODE_SINCE, retired);
  }

  /** The time since guest code was entered is divided between the modes as the instructions of this time are. */
  private shareTime(): void {
    const passed = this.hostNs() - this.time;
    const ran = MODES.map((_, n) => this.instructions(n) - this.before[n]);
    const all = ran[0] + ran[1];
    if (all === 0) this.timeNs[this.present] += passed;
    else for (const [n, mode] of MODES.entries()) this.timeNs[mode] += (passed * ran[n]) / all;
  }

  private instructions(n: number): number {
    return this.word(n, 0);
  }
  private word(n: number, offset: number): number {
    const { state } = this.cpu;
    const address = MODE_COUNTERS + COUNTERS_SIZE * n + offset;
    return state.get(address) + state.get(address + 4) * 2 ** 32;
  }
  private add(n: number, offset: number, count: number): void {
    const { state } = this.cpu;
    const address = MODE_COUNTERS + COUNTERS_SIZE * n + offset;
    const low = state.get(address) + count;
    state.set(address, low);
    if (low >= 2 ** 32) state.set(address + 4, state.get(address + 4) + 1);
  }
}
