/**
 * Most instructions of one slice, and so the most that retire between a timer's deadline, a command or a key and the moment that the machine
 * attends to it, but for the few that a run of straight-line code goes on. (By the deterministic clock slices end at deadlines.)
 */
export const LONGEST_SLICE = 1_000_000;
/** Few enough that even the slowest instructions take no more than milliseconds. */
const SHORTEST_SLICE = 2_000;
/** Host time that a slice should take. Attending to everything between two slices costs about 2 microseconds. */
const AIM_NS = 500_000;
/** A deadline that is nearer than this is not aimed at. */
const LEAST_NS = 50_000;

/** How many instructions make a slice, by the speed at which the guest has been running: from 1 in 100 ns (devices) to several in 1 ns. */
export class SliceLength {
  /** Instructions in a nanosecond. */
  private speed = 0.1;

  /** For a slice that should end after `ns` nanoseconds, if that is sooner than usual. */
  instructions(ns: number): number {
    const aim = Math.max(LEAST_NS, Math.min(AIM_NS, ns));
    return Math.max(SHORTEST_SLICE, Math.min(LONGEST_SLICE, Math.round(this.speed * aim)));
  }

  /** A slice has run to its end. Speeds up gradually, since one slice may have met the easy part of what the guest does. */
  ran(instructions: number, ns: number): void {
    if (ns > 0) this.speed = Math.min(instructions / ns, 2 * this.speed);
  }
}
