import { BREAKPOINTS, breakpointAddress, breakpointHits, Meets } from "../cpu/breakpoints.js";
import { Event } from "../cpu/events.js";
import { EVENTS, MET_BREAKPOINTS } from "../cpu/layout.js";
import type { CpuState } from "../cpu/state.js";

/** No linear page has this number. */
const NONE = -1;

/**
 * The data breakpoints in DR0-DR3 (SDM vol. 3, 17.2.4 and 17.3.1.2). They are traces on linear pages, as those on pages with code are on physical
 * ones: a page that has one gets no TLB entry (a write breakpoint: no entry for writing), so that accesses elsewhere pay nothing.
 *
 * A breakpoint that an access meets is noted in MET_BREAKPOINTS, and makes a debug trap at the end of the instruction; if the instruction
 * faults, that is forgotten. Accesses of instructions count, with all that they push and pop, and the pushes of interrupt delivery, whose trap
 * comes before the handler's first instruction. Those to descriptor tables, task-state segments and page tables don't; the manual is silent.
 */
export class DataBreakpoints {
  /** Any is enabled. */
  armed = false;
  private readonly readPages = new Int32Array(BREAKPOINTS).fill(NONE);
  private readonly writePages = new Int32Array(BREAKPOINTS).fill(NONE);

  constructor(private readonly state: CpuState) {}

  /** Takes over DR0-DR3 and DR7. `watch` is called for each linear page that must leave the TLB. */
  reload(watch: (page: number) => void): void {
    this.armed = false;
    for (let i = 0; i < BREAKPOINTS; i++) {
      this.readPages[i] = pageOf(breakpointAddress(this.state, i, Meets.read));
      this.writePages[i] = pageOf(breakpointAddress(this.state, i, Meets.write));
      if (this.writePages[i] === NONE) continue;
      this.armed = true;
      watch(this.writePages[i]);
    }
  }

  /** Whether reads (or writes) of a linear page must not be made past `meet`. */
  watchesReads(page: number): boolean {
    return this.readPages.includes(page);
  }
  watchesWrites(page: number): boolean {
    return this.writePages.includes(page);
  }

  /** B bits of the breakpoints that an access meets. */
  metBy(linear: number, size: number, write: boolean): number {
    return breakpointHits(this.state, write ? Meets.write : Meets.read, linear, size);
  }

  /** The instruction makes this access: a debug trap follows it where breakpoints are met. */
  meet(linear: number, size: number, write: boolean): void {
    const met = this.metBy(linear, size, write);
    if (!met) return;
    this.state.set(MET_BREAKPOINTS, this.state.get(MET_BREAKPOINTS) | met);
    this.state.set(EVENTS, this.state.get(EVENTS) | Event.Debug);
  }
}

const pageOf = (address: number): number => (address < 0 ? NONE : address >>> 12);
