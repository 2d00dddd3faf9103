/**
 * A crystal that ticks since guest time 0, at a rational number of ticks a nanosecond. Ticks and nanoseconds convert exactly both ways
 * (integers only, no product leaves 2^53), so that a deadline computed from a tick is never a nanosecond early. Past 2^53 ns, where integers
 * themselves aren't exact, the rounding keeps ticks whole.
 */
export class Oscillator {
  readonly #ticks: number;
  readonly #ns: number;

  /** `ticks` in every `ns` nanoseconds; both positive integers, their product below 2^53. */
  constructor(ticks: number, ns: number) {
    this.#ticks = ticks;
    this.#ns = ns;
  }

  /** Ticks that have passed at guest time `ns`. */
  ticksAt(ns: number): number {
    const rest = ns % this.#ns;
    return Math.round((ns - rest) / this.#ns) * this.#ticks + Math.floor((rest * this.#ticks) / this.#ns);
  }

  /** The first nanosecond at which `tick` ticks have passed. */
  nsAt(tick: number): number {
    const rest = tick % this.#ticks;
    return Math.round((tick - rest) / this.#ticks) * this.#ns + Math.ceil((rest * this.#ns) / this.#ticks);
  }
}
