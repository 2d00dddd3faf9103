import { ACCESS_BOTH, ACCESS_HIGH, ACCESS_LOW, type ChannelState, NEVER } from "./state.js";

/**
 * One counter of an 8254 (Intel 8254 data sheet). Nothing runs here between accesses: CE and OUT are computed from the tick at which they
 * are asked for, and every method takes the present tick first. Ticks never go back from one call to the next.
 *
 * A count written at tick t is in CE at t + 1, as the data sheet has it ("on the next CLK pulse").
 */
export class PitChannel {
  #state: ChannelState;

  constructor() {
    this.#state = {
      mode: 3,
      access: ACCESS_BOTH,
      bcd: false,
      gate: true,
      reload: 0x10000,
      written: false,
      loaded: false,
      nullCount: true,
      loadAt: NEVER,
      counting: false,
      count: 0,
      start: 0,
      expires: NEVER,
      seen: 0,
      rises: 0,
      low: 0,
      writeHigh: false,
      readHigh: false,
      latch: NEVER,
      status: NEVER,
    };
  }

  get mode(): number {
    return this.#state.mode;
  }

  get gate(): boolean {
    return this.#state.gate;
  }

  /** Ticks from one rising edge of OUT to the next in modes 2 and 3. */
  get period(): number {
    return this.#state.count;
  }

  /** OUT counts over and over. */
  get periodic(): boolean {
    return (this.#state.mode === 2 || this.#state.mode === 3) && this.#state.counting;
  }

  /** Control word, without the channel number: access in bits 5 and 4 (not 0, which latches), mode in 3 to 1, BCD in 0. */
  control(tick: number, word: number): void {
    this.#sync(tick);
    const state = this.#state;
    const out = this.#out(tick);
    const count = this.#count(tick);
    const mode = (word >> 1) & 7;
    state.mode = mode > 5 ? mode - 4 : mode;
    state.access = (word >> 4) & 3;
    state.bcd = (word & 1) !== 0;
    state.written = false;
    state.loaded = false;
    state.nullCount = true;
    state.counting = false;
    state.count = count;
    state.loadAt = NEVER;
    state.expires = NEVER;
    state.writeHigh = false;
    state.readHigh = false;
    state.latch = NEVER;
    state.status = NEVER;
    if (!out && state.mode !== 0) state.rises++;
  }

  write(tick: number, value: number): void {
    this.#sync(tick);
    const state = this.#state;
    if (state.access === ACCESS_BOTH && !state.writeHigh) {
      state.low = value;
      state.writeHigh = true;
      // Mode 0: the first byte stops the counting and lowers OUT.
      if (state.mode === 0) this.#halt(tick);
      return;
    }
    state.writeHigh = false;
    if (state.access === ACCESS_LOW) this.#countWritten(tick, value);
    else this.#countWritten(tick, (value << 8) | (state.access === ACCESS_HIGH ? 0 : state.low));
  }

  read(tick: number): number {
    this.#sync(tick);
    const state = this.#state;
    if (state.status !== NEVER) {
      const status = state.status;
      state.status = NEVER;
      return status;
    }
    const count = state.latch === NEVER ? this.#readable(tick) : state.latch;
    const high = state.access === ACCESS_HIGH || (state.access === ACCESS_BOTH && state.readHigh);
    if (state.access === ACCESS_BOTH) state.readHigh = !state.readHigh;
    if (state.access !== ACCESS_BOTH || high) state.latch = NEVER;
    return high ? count >> 8 : count & 0xff;
  }

  /** Latches the count, unless one is latched already. */
  latchCount(tick: number): void {
    this.#sync(tick);
    if (this.#state.latch === NEVER) this.#state.latch = this.#readable(tick);
  }

  /** Latches the status byte of the read-back command, unless one is latched already. */
  latchStatus(tick: number): void {
    this.#sync(tick);
    const state = this.#state;
    if (state.status !== NEVER) return;
    const flags = (this.#out(tick) ? 0x80 : 0) | (state.nullCount ? 0x40 : 0) | (state.bcd ? 1 : 0);
    state.status = flags | (state.access << 4) | (state.mode << 1);
  }

  setGate(tick: number, gate: boolean): void {
    this.#sync(tick);
    const state = this.#state;
    if (state.gate === gate) return;
    const low = !this.#out(tick);
    state.gate = gate;
    switch (state.mode) {
      case 1:
      case 5:
        if (gate && state.written) state.loadAt = tick + 1;
        return;
      case 2:
      case 3:
        if (gate) {
          if (state.written) state.loadAt = tick + 1;
        } else {
          this.#hold(tick);
          state.loadAt = NEVER;
          if (low) state.rises++;
        }
        return;
      default:
        if (!gate) {
          this.#hold(tick);
          if (state.expires > tick) state.expires = NEVER;
        } else if (state.loaded) {
          this.#run(tick);
        }
    }
  }

  out(tick: number): boolean {
    this.#sync(tick);
    return this.#out(tick);
  }

  /** Rising edges of OUT since the last call. */
  takeRises(tick: number): number {
    this.#sync(tick);
    const rises = this.#state.rises;
    this.#state.rises = 0;
    return rises;
  }

  /** The next tick after this one at which OUT rises, Infinity if none is to come. For a gate that stays as it is. */
  nextRise(tick: number): number {
    this.#sync(tick);
    const state = this.#state;
    const periodic = state.mode === 2 || state.mode === 3;
    const strobe = state.mode >= 4 ? 1 : 0;
    let next = Number.POSITIVE_INFINITY;
    if (periodic && state.counting) next = tick - ((tick - state.start) % state.count) + state.count;
    else if (!periodic && state.expires + strobe > tick) next = state.expires + strobe;
    if (state.loadAt === NEVER || next <= state.loadAt) return next;
    if (!state.gate && state.mode !== 1 && state.mode !== 5) return Number.POSITIVE_INFINITY;
    if (periodic && state.counting) return state.loadAt + (state.reload >> 1);
    return state.loadAt + state.reload + strobe;
  }

  save(): ChannelState {
    return { ...this.#state };
  }

  restore(state: ChannelState): void {
    this.#state = { ...state };
  }

  /** The largest count, and what CE wraps around to. */
  get #modulus(): number {
    return this.#state.bcd ? 10_000 : 0x10000;
  }

  #countWritten(tick: number, value: number): void {
    const state = this.#state;
    const count = state.bcd ? fromBcd(value) % 10_000 : value;
    state.reload = count === 0 ? this.#modulus : count;
    // Modes 2 and 3 have no count of 1.
    if ((state.mode === 2 || state.mode === 3) && state.reload === 1) state.reload = 2;
    state.written = true;
    state.nullCount = true;
    switch (state.mode) {
      case 0:
        this.#halt(tick);
        state.loadAt = tick + 1;
        return;
      case 1:
      case 5:
        return;
      case 4:
        state.loadAt = tick + 1;
        return;
      default:
        state.loadAt = state.counting ? this.#boundary(tick) : tick + 1;
    }
  }

  /** When modes 2 and 3 take a new count: at the end of the period, or of the half period of a square wave. */
  #boundary(tick: number): number {
    const state = this.#state;
    const position = (tick - state.start) % state.count;
    const high = highHalf(state.count);
    if (state.mode === 3 && position < high) return tick - position + high;
    return tick - position + state.count;
  }

  /** Brings loads and edges up to date. */
  #sync(tick: number): void {
    const state = this.#state;
    if (state.loadAt !== NEVER && state.loadAt <= tick) {
      const at = state.loadAt;
      this.#countRises(at);
      this.#load(at);
    }
    this.#countRises(tick);
  }

  #load(at: number): void {
    const state = this.#state;
    // A square wave that takes its count at the end of the high half goes on with a low one.
    const half = state.mode === 3 && state.counting && (at - state.start) % state.count !== 0;
    state.loadAt = NEVER;
    state.nullCount = false;
    state.loaded = true;
    state.count = state.reload;
    state.counting = false;
    state.expires = NEVER;
    if (state.gate || state.mode === 1 || state.mode === 5) this.#run(half ? at - highHalf(state.count) : at);
  }

  /** CE counts down from `count` as of `start`. */
  #run(start: number): void {
    const state = this.#state;
    state.start = start;
    state.counting = true;
    // A count that was held after it had expired goes on, but doesn't expire again.
    if (state.mode !== 2 && state.mode !== 3 && state.expires === NEVER)
      state.expires = start + (state.count === 0 ? this.#modulus : state.count);
  }

  /** CE stands still. */
  #hold(tick: number): void {
    this.#state.count = this.#count(tick);
    this.#state.counting = false;
  }

  /** CE stands still and won't expire: OUT of mode 0 is low. */
  #halt(tick: number): void {
    this.#hold(tick);
    this.#state.loaded = false;
    this.#state.loadAt = NEVER;
    this.#state.expires = NEVER;
  }

  #countRises(tick: number): void {
    const state = this.#state;
    if (state.mode === 2 || state.mode === 3) {
      if (state.counting) {
        const before = Math.max(0, Math.floor((state.seen - state.start) / state.count));
        state.rises += Math.max(0, Math.floor((tick - state.start) / state.count) - before);
      }
    } else if (state.expires !== NEVER) {
      const rise = state.mode < 2 ? state.expires : state.expires + 1;
      if (rise > state.seen && rise <= tick) state.rises++;
    }
    state.seen = tick;
  }

  #out(tick: number): boolean {
    const state = this.#state;
    switch (state.mode) {
      case 0:
        return state.expires !== NEVER && tick >= state.expires;
      case 1:
        return state.expires === NEVER || tick >= state.expires;
      case 2:
        return !state.counting || (tick - state.start) % state.count !== state.count - 1;
      case 3:
        return !state.counting || (tick - state.start) % state.count < highHalf(state.count);
      default:
        return tick !== state.expires;
    }
  }

  /** CE, below the modulus. */
  #count(tick: number): number {
    const state = this.#state;
    if (!state.counting) return state.count % this.#modulus;
    const elapsed = tick - state.start;
    let count: number;
    if (state.mode === 2) {
      count = state.count - (elapsed % state.count);
    } else if (state.mode === 3) {
      // By twos; an odd count is loaded less one, and its high half has one tick more, in which CE is 0.
      const high = highHalf(state.count);
      const position = elapsed % state.count;
      count = state.count - (state.count & 1) - 2 * (position < high ? position : position - high);
    } else {
      count = state.count - (elapsed % this.#modulus) + this.#modulus;
    }
    return count % this.#modulus;
  }

  /** CE as the data port shows it. */
  #readable(tick: number): number {
    const count = this.#count(tick);
    return this.#state.bcd ? toBcd(count) : count;
  }
}

/** Ticks for which a square wave is high. */
function highHalf(count: number): number {
  return (count + 1) >> 1;
}

/** Digits above 9 count what they say. */
function fromBcd(value: number): number {
  return (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

function toBcd(value: number): number {
  const digit = (scale: number) => Math.floor(value / scale) % 10;
  return (digit(1000) << 12) | (digit(100) << 8) | (digit(10) << 4) | digit(1);
}
