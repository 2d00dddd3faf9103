/**
 * Guest time: integer nanoseconds since the machine was powered on. Every timer, counter and calendar of the machine derives from one clock.
 * Numbers are exact up to 2^53 ns (104 days); past that the clock goes on in steps of 2 ns.
 */
export interface Clock {
  /** Guest time now. Never goes back. */
  now(): number;
}

/** Guest time that follows the host's monotonic clock while the machine runs and stands still while it is paused. Starts paused, at 0. */
export class HostClock implements Clock {
  readonly #hostNs: () => number;
  #running = false;
  /** Host time at which guest time was (or would have been) 0; valid while running. */
  #origin = 0;
  #now = 0;

  /** `hostNs`: the host's monotonic clock in nanoseconds, from an origin recent enough to keep them exact (below 2^53). May have a fraction. */
  constructor(hostNs: () => number) {
    this.#hostNs = hostNs;
  }

  now(): number {
    if (this.#running) {
      const now = Math.floor(this.#hostNs() - this.#origin);
      if (now > this.#now) this.#now = now;
    }
    return this.#now;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Lets guest time go on from where it stood. */
  resume(): void {
    if (this.#running) return;
    this.#origin = this.#hostNs() - this.#now;
    this.#running = true;
  }

  pause(): void {
    this.now();
    this.#running = false;
  }

  /** Sets guest time to that of a saved machine. Devices must be restored with it, their states hold guest times. */
  restore(nowNs: number): void {
    this.#now = nowNs;
    if (this.#running) this.#origin = this.#hostNs() - nowNs;
  }
}

/**
 * One retired instruction is one nanosecond: the deterministic machine is a 1 GHz processor that retires an instruction in every cycle of its TSC.
 */
export const NS_PER_INSTRUCTION = 1;

/**
 * Guest time that follows the count of retired instructions, so that a run can be repeated exactly. A halted processor retires nothing:
 * whoever waits for the next deadline moves time there with `skipTo`.
 */
export class DeterministicClock implements Clock {
  readonly #instructions: () => number;
  /** Guest time that no instruction has accounted for. */
  #skipped = 0;

  /** `instructions`: the count of retired instructions, exact at every call. */
  constructor(instructions: () => number) {
    this.#instructions = instructions;
  }

  now(): number {
    return this.#skipped + this.#instructions() * NS_PER_INSTRUCTION;
  }

  /** Moves guest time forward to `ns`; a time that has passed changes nothing. */
  skipTo(ns: number): void {
    const now = this.now();
    if (ns > now) this.#skipped += ns - now;
  }

  /** How many instructions may retire before guest time reaches `ns`: 0 when it has, Infinity for a deadline that never comes. */
  instructionsUntil(ns: number): number {
    return Math.max(0, Math.ceil((ns - this.now()) / NS_PER_INSTRUCTION));
  }

  restore(nowNs: number): void {
    this.#skipped = nowNs - this.#instructions() * NS_PER_INSTRUCTION;
  }
}
