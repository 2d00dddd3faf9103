import type { Clock } from "../../time/clock.js";
import type { Timer, Timers } from "../../time/timers.js";
import type { PortBus, PortDevice } from "../bus.js";
import type { InterruptLine } from "../line.js";
import type { SerialMetrics } from "./metrics.js";
import { Receiver } from "./receiver.js";
import * as R from "./registers.js";
import { FIFO_SIZE, type Registers, type SerialState } from "./state.js";

const TRIGGERS = [1, 4, 8, 14];
/** Nanoseconds of one bit for a divisor of 1: 16 cycles of 1.8432 MHz. */
const BIT_NS = 16e9 / 1_843_200;
/** The other end is there, ready and listening. */
const PEER = R.MSR_DCD | R.MSR_DSR | R.MSR_CTS;
/** 9600 baud. */
const RESET_DIVISOR = 12;

const RESET: Registers = {
  ier: 0,
  lcr: 0,
  mcr: 0,
  scr: 0,
  divisor: RESET_DIVISOR,
  fifoEnabled: false,
  trigger: 1,
  overrun: false,
  thrEmpty: false,
  timeout: false,
  deltas: 0,
};

export interface SerialWiring {
  clock: Clock;
  timers: Timers;
  irq: InterruptLine;
  /** Takes a byte from the guest, at once: the guest never waits for whoever reads it. */
  transmit: (byte: number) => void;
  /** The guest has made room for input: a moment to call `receive`, which may be called from here. */
  onRoom: () => void;
}

/**
 * A 16550A. Transmission takes no time: THR is always empty to the guest, and the interrupt that says so is raised again after every byte.
 * Received bytes wait outside until the FIFO has room, so nothing from there is ever overrun (loopback can). Reception takes no time
 * either, but the receive timeout is the real one, four characters at the programmed rate.
 *
 * OUT2 gates the interrupt, as on every PC. A break that the guest sends goes nowhere, unless it loops back.
 */
export class Serial implements PortDevice {
  readonly metrics: SerialMetrics = { outputBytes: 0, inputBytes: 0 };
  readonly #wiring: SerialWiring;
  readonly #timer: Timer;
  readonly #receiver = new Receiver();
  #base = 0;
  #registers: Registers = { ...RESET };

  constructor(wiring: SerialWiring) {
    this.#wiring = wiring;
    this.#timer = wiring.timers.add(() => {
      this.#registers.timeout = true;
      this.#update();
    });
  }

  attach(bus: PortBus, base: number): void {
    this.#base = base;
    bus.attach(base, 8, this);
  }

  reset(): void {
    this.restore({ version: 1, registers: RESET, received: [], timer: -1 });
    this.#update();
  }

  /**
   * How many bytes `receive` would take now. None while RTS is low: the other end honours it, so that what is typed before a guest has
   * opened the port waits for it, instead of being lost with its first FIFO reset. None in loopback.
   */
  get room(): number {
    if ((this.#registers.mcr & (R.MCR_RTS | R.MCR_LOOP)) !== R.MCR_RTS) return 0;
    return Math.max(0, this.#depth - this.#receiver.length);
  }

  /** Input for the guest from `bytes[from]` on: returns how many bytes it took, the rest waits with the caller. */
  receive(bytes: Uint8Array, from = 0): number {
    const taken = Math.min(this.room, bytes.length - from);
    if (taken <= 0) return 0;
    for (let i = 0; i < taken; i++) this.#receiver.push(bytes[from + i] & this.#dataMask, 0);
    this.metrics.inputBytes += taken;
    this.#received();
    return taken;
  }

  /** A break from the other end. Returns whether there was room for it. */
  receiveBreak(): boolean {
    if (this.room === 0) return false;
    this.#receiver.push(0, R.LSR_BI);
    this.#received();
    return true;
  }

  readPort(port: number): number {
    const latch = (this.#registers.lcr & R.LCR_DLAB) !== 0;
    switch (port - this.#base) {
      case R.DATA:
        return latch ? this.#registers.divisor & 0xff : this.#readData();
      case R.IER:
        return latch ? this.#registers.divisor >> 8 : this.#registers.ier;
      case R.IIR:
        return this.#readIir();
      case R.LCR:
        return this.#registers.lcr;
      case R.MCR:
        return this.#registers.mcr;
      case R.LSR:
        return this.#readLsr();
      case R.MSR: {
        const msr = this.#modem | this.#registers.deltas;
        this.#registers.deltas = 0;
        this.#update();
        return msr;
      }
      default:
        return this.#registers.scr;
    }
  }

  writePort(port: number, value: number): void {
    const latch = (this.#registers.lcr & R.LCR_DLAB) !== 0;
    switch (port - this.#base) {
      case R.DATA:
        if (latch) this.#registers.divisor = (this.#registers.divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case R.IER:
        if (latch) this.#registers.divisor = (this.#registers.divisor & 0xff) | (value << 8);
        else this.#writeIer(value & 0x0f);
        break;
      case R.IIR:
        this.#writeFcr(value);
        break;
      case R.LCR:
        this.#writeLcr(value);
        break;
      case R.MCR:
        this.#writeMcr(value & 0x1f);
        break;
      case R.SCR:
        this.#registers.scr = value;
        break;
      default: // LSR and MSR: written in factory tests only
        break;
    }
  }

  save(): SerialState {
    return { version: 1, registers: { ...this.#registers }, received: this.#receiver.save(), timer: this.#timer.save() };
  }

  restore(state: SerialState): void {
    this.#registers = { ...state.registers };
    this.#receiver.restore(state.received);
    this.#timer.restore(state.timer);
  }

  get #depth(): number {
    return this.#registers.fifoEnabled ? FIFO_SIZE : 1;
  }

  /** Five to eight data bits. */
  get #dataMask(): number {
    return 0xff >> (3 - (this.#registers.lcr & 3));
  }

  /** Four characters: start, data, parity and stop bits each. */
  get #timeoutNs(): number {
    const bits =
      1 +
      5 +
      (this.#registers.lcr & 3) +
      ((this.#registers.lcr & R.LCR_PARITY) === 0 ? 0 : 1) +
      ((this.#registers.lcr & R.LCR_STOP) === 0 ? 1 : 2);
    return Math.ceil(4 * bits * Math.max(1, this.#registers.divisor) * BIT_NS);
  }

  /** Upper half of MSR: the inputs, which in loopback are the outputs of MCR. */
  get #modem(): number {
    const mcr = this.#registers.mcr;
    if ((mcr & R.MCR_LOOP) === 0) return PEER;
    return (
      ((mcr & R.MCR_RTS) === 0 ? 0 : R.MSR_CTS) |
      ((mcr & R.MCR_DTR) === 0 ? 0 : R.MSR_DSR) |
      ((mcr & R.MCR_OUT1) === 0 ? 0 : R.MSR_RI) |
      ((mcr & R.MCR_OUT2) === 0 ? 0 : R.MSR_DCD)
    );
  }

  #readData(): number {
    const data = this.#receiver.shift();
    this.#registers.timeout = false;
    this.#startTimeout();
    if (this.#receiver.length === 0) this.#wiring.onRoom();
    this.#update();
    return data;
  }

  #readIir(): number {
    const source = this.#interrupt();
    if (source === R.IIR_THR_EMPTY) {
      this.#registers.thrEmpty = false;
      this.#update();
    }
    return source | (this.#registers.fifoEnabled ? R.IIR_FIFOS : 0);
  }

  #readLsr(): number {
    const lsr = this.#lineStatus;
    this.#registers.overrun = false;
    this.#receiver.forgetErrors();
    this.#update();
    return lsr;
  }

  get #lineStatus(): number {
    return (
      R.LSR_THRE |
      R.LSR_TEMT |
      (this.#receiver.length > 0 ? R.LSR_DR : 0) |
      (this.#registers.overrun ? R.LSR_OE : 0) |
      this.#receiver.errors |
      (this.#registers.fifoEnabled && this.#receiver.anyErrors ? R.LSR_FIFO_ERROR : 0)
    );
  }

  #transmit(value: number): void {
    const data = value & this.#dataMask;
    // THRE falls and rises: a driver that never looks at IIR still gets an edge for every byte.
    this.#registers.thrEmpty = false;
    this.#update();
    if ((this.#registers.mcr & R.MCR_LOOP) === 0) {
      this.metrics.outputBytes++;
      this.#wiring.transmit(data);
    } else {
      this.#loop(data, 0);
    }
    this.#registers.thrEmpty = true;
    this.#update();
  }

  /** A character comes back in loopback, where nobody waits for room. */
  #loop(data: number, errors: number): void {
    if (this.#receiver.length < this.#depth) {
      this.#receiver.push(data, errors);
    } else {
      this.#registers.overrun = true;
      // Without FIFO the new character replaces the one that wasn't read; the FIFO keeps what it has.
      if (!this.#registers.fifoEnabled) {
        this.#receiver.clear();
        this.#receiver.push(data, errors);
      }
    }
    this.#received();
  }

  #received(): void {
    this.#startTimeout();
    this.#update();
  }

  /** The timeout counts from the last character that arrived or was read, while there are more. */
  #startTimeout(): void {
    if (this.#registers.fifoEnabled && this.#receiver.length > 0) this.#timer.arm(this.#wiring.clock.now() + this.#timeoutNs);
    else this.#timer.disarm();
  }

  #writeIer(value: number): void {
    // Enabling the transmitter's interrupt while THR is empty raises it, whether or not it was seen before: drivers start this way.
    if ((value & ~this.#registers.ier & R.IER_THR_EMPTY) !== 0) this.#registers.thrEmpty = true;
    this.#registers.ier = value;
    this.#update();
  }

  #writeFcr(value: number): void {
    const enable = (value & R.FCR_ENABLE) !== 0;
    if (enable !== this.#registers.fifoEnabled || (enable && (value & R.FCR_CLEAR_RECEIVED) !== 0)) {
      this.#registers.fifoEnabled = enable;
      this.#receiver.clear();
      this.#registers.timeout = false;
      this.#timer.disarm();
      this.#wiring.onRoom();
    }
    this.#registers.trigger = enable ? TRIGGERS[value >> 6] : 1;
    this.#update();
  }

  #writeLcr(value: number): void {
    const breaks = (value & ~this.#registers.lcr & R.LCR_BREAK) !== 0;
    this.#registers.lcr = value;
    if (breaks && (this.#registers.mcr & R.MCR_LOOP) !== 0) this.#loop(0, R.LSR_BI);
  }

  #writeMcr(value: number): void {
    const before = this.#modem;
    this.#registers.mcr = value;
    const changed = before ^ this.#modem;
    // RI reports only its trailing edge.
    this.#registers.deltas |= ((changed & ~R.MSR_RI) >> 4) | ((changed & before & R.MSR_RI) === 0 ? 0 : R.MSR_TERI);
    if (this.room > 0) this.#wiring.onRoom();
    this.#update();
  }

  /** What IIR shows: the pending interrupt of the highest priority. */
  #interrupt(): number {
    const ier = this.#registers.ier;
    if ((ier & R.IER_LINE_STATUS) !== 0 && (this.#registers.overrun || this.#receiver.errors !== 0)) return R.IIR_LINE_STATUS;
    if ((ier & R.IER_RECEIVED) !== 0) {
      if (this.#receiver.length >= this.#registers.trigger) return R.IIR_RECEIVED;
      if (this.#registers.timeout) return R.IIR_TIMEOUT;
    }
    if ((ier & R.IER_THR_EMPTY) !== 0 && this.#registers.thrEmpty) return R.IIR_THR_EMPTY;
    if ((ier & R.IER_MODEM_STATUS) !== 0 && this.#registers.deltas !== 0) return R.IIR_MODEM_STATUS;
    return R.IIR_NONE;
  }

  #update(): void {
    const gated = (this.#registers.mcr & (R.MCR_OUT2 | R.MCR_LOOP)) === R.MCR_OUT2;
    this.#wiring.irq(gated && this.#interrupt() !== R.IIR_NONE);
  }
}
