import type { PortBus, PortDevice } from "../bus.js";
import type { SystemControlState } from "./state.js";

const PORT_A = 0x92;
const PORT_B = 0x61;

/** Port A. */
const FAST_RESET = 0x01;
const A20 = 0x02;
/** The bits that read back: these two, and the lock of the password and the disk lights (bits 3, 6 and 7), which do nothing here. */
const PORT_A_KEPT = 0xcb;

/** Port B. */
const TIMER2_GATE = 0x01;
/** Speaker data, and the enables of parity and channel check, neither of which happens here. */
const PORT_B_KEPT = 0x0e;
const REFRESH = 0x10;
const TIMER2_OUT = 0x20;

/** What the ports show of the timer. */
export interface TimerPins {
  gate2: boolean;
  readonly out2: boolean;
  readonly refresh: boolean;
}

export interface SystemControlWiring {
  timer: TimerPins;
  /** Bit 0 of port A has risen. */
  onReset: () => void;
  /** The A20 bit of port A may have changed: read `a20`. */
  onA20: () => void;
}

/** The PS/2's system control ports: A (0x92) with the fast ways to A20 and reset, B (0x61) with the gate and output of timer channel 2. */
export class SystemControl implements PortDevice {
  readonly #wiring: SystemControlWiring;
  #portA = 0;
  #portB = 0;

  constructor(wiring: SystemControlWiring) {
    this.#wiring = wiring;
  }

  attach(bus: PortBus): void {
    bus.attach(PORT_A, 1, this);
    bus.attach(PORT_B, 1, this);
  }

  reset(): void {
    this.#portA = 0;
    this.#portB = 0;
    this.#wiring.timer.gate2 = false;
    this.#wiring.onA20();
  }

  get a20(): boolean {
    return (this.#portA & A20) !== 0;
  }

  readPort(port: number): number {
    if (port === PORT_A) return this.#portA;
    const { gate2, out2, refresh } = this.#wiring.timer;
    return this.#portB | (gate2 ? TIMER2_GATE : 0) | (refresh ? REFRESH : 0) | (out2 ? TIMER2_OUT : 0);
  }

  writePort(port: number, value: number): void {
    if (port === PORT_B) {
      this.#portB = value & PORT_B_KEPT;
      this.#wiring.timer.gate2 = (value & TIMER2_GATE) !== 0;
      return;
    }
    const resets = (value & ~this.#portA & FAST_RESET) !== 0;
    this.#portA = value & PORT_A_KEPT;
    this.#wiring.onA20();
    if (resets) this.#wiring.onReset();
  }

  save(): SystemControlState {
    return { version: 1, portA: this.#portA, portB: this.#portB };
  }

  restore(state: SystemControlState): void {
    this.#portA = state.portA;
    this.#portB = state.portB;
  }
}
