import { BUDGET, RESERVE, RETIRED_BASE } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

/**
 * How many instructions may still retire, and how many have. Emitted code counts down: handlers live on BUDGET, the interpreter's present stretch, and
 * regions on RESERVE, all the rest. Both are read here, nothing is counted twice.
 */
export class Budget {
  /** Instructions retired since the machine was made, up to the last `account`; an iteration of a repeated string instruction counts as one. */
  retired = 0;
  /** Instructions at a stretch; where each ends is a sample of what is hot. */
  quantum = Number.POSITIVE_INFINITY;
  private seed = 1;
  /** What was left when `retired` was last brought up to date. */
  private accounted = 0;
  /** Instructions that the interpreter has retired, up to when it was given BUDGET last; and what it was given then. */
  private byInterpreter = 0;
  private granted = 0;

  constructor(private readonly state: CpuState) {}

  /** What is left of all, of the interpreter's stretch, and for regions. */
  get left(): number {
    return this.stretch + this.reserve;
  }
  get stretch(): number {
    return this.state.i32[BUDGET >> 2];
  }
  get reserve(): number {
    return this.state.i32[RESERVE >> 2];
  }
  /** Instructions retired up to this moment; in a callout, but for those before it in its run. */
  get retiredNow(): number {
    return this.retired + this.accounted - this.left;
  }
  /** Instructions that regions have retired, up to the end of the last stretch. */
  get translated(): number {
    return this.retired - this.byInterpreter;
  }

  /** What may retire from now on. Nothing retires by this: `account` for what has, before. */
  set(stretch: number, reserve: number): void {
    this.divide(stretch, reserve);
    this.accounted = stretch + reserve;
    this.state.set(RETIRED_BASE, this.retired + this.accounted);
  }
  /** Brings `retired` up to date. */
  account(): void {
    const { left } = this;
    this.retired += this.accounted - left;
    this.accounted = left;
  }
  /** Takes one away, though nothing has retired. */
  charge(): void {
    this.account();
    this.set(this.stretch - 1, this.reserve);
  }

  /** Gives the interpreter its next stretch. Their lengths differ, so as not to keep step with a loop. */
  refill(stretches = 1): void {
    const { left, quantum } = this;
    this.seed = (Math.imul(this.seed, 1103515245) + 12345) & 0x7fff_ffff;
    const stretch = Math.min(left, stretches * quantum + (quantum === Number.POSITIVE_INFINITY ? 0 : this.seed % quantum));
    this.divide(stretch, left - stretch);
  }
  private divide(stretch: number, reserve: number): void {
    const { i32 } = this.state;
    this.byInterpreter += this.granted - i32[BUDGET >> 2];
    this.granted = stretch;
    i32[BUDGET >> 2] = stretch;
    i32[RESERVE >> 2] = reserve;
  }
}
