import { integer, type Saved, time, versioned } from "../devices/saved.js";
import type { Clock } from "./clock.js";

/** The TSC ticks once a nanosecond of guest time. */
export const TSC_HZ = 1_000_000_000;

const word = integer(0, 0xffffffff);
export const tscState = versioned(1, { last: time, offsetLow: word, offsetHigh: word });
export type TscState = Saved<typeof tscState>;

/** The time stamp counter: guest time plus what WRMSR added, modulo 2^64, strictly increasing between reads. */
export class Tsc {
  readonly #clock: Clock;
  /** The last read, before the offset. */
  #last = 0;
  #offsetLow = 0;
  #offsetHigh = 0;
  /** The halves of the last read, unsigned: EAX and EDX of RDTSC. Two numbers and not a BigInt because kernels read it on every interrupt. */
  low = 0;
  high = 0;

  /** @param window see `TimeStampCounter.window` */
  constructor(
    clock: Clock,
    readonly window = 0,
  ) {
    this.#clock = clock;
  }

  /** Reads the counter into `low` and `high`. */
  read(): void {
    const count = this.#count();
    const low = (count % 0x100000000) + this.#offsetLow;
    this.low = low % 0x100000000;
    this.high = (Math.floor(count / 0x100000000) + this.#offsetHigh + (low >= 0x100000000 ? 1 : 0)) % 0x100000000;
  }

  /** WRMSR to IA32_TIME_STAMP_COUNTER: the counter goes on from this value. Unsigned halves. */
  write(low: number, high: number): void {
    const count = this.#count();
    const difference = low - (count % 0x100000000);
    this.#offsetLow = difference < 0 ? difference + 0x100000000 : difference;
    const upper = high - (Math.floor(count / 0x100000000) % 0x100000000) - (difference < 0 ? 1 : 0);
    this.#offsetHigh = upper < 0 ? upper + 0x100000000 : upper;
  }

  save(): TscState {
    return { version: 1, last: this.#last, offsetLow: this.#offsetLow, offsetHigh: this.#offsetHigh };
  }

  restore(state: TscState): void {
    this.#last = state.last;
    this.#offsetLow = state.offsetLow;
    this.#offsetHigh = state.offsetHigh;
  }

  #count(): number {
    // The last term is the next number there is, where those are more than 1 apart: past 2^53.
    this.#last = Math.max(this.#clock.now(), this.#last + 1 + this.window, this.#last * (1 + Number.EPSILON));
    return this.#last;
  }
}
