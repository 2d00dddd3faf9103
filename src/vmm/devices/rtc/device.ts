import type { Clock } from "../../time/clock.js";
import { Oscillator } from "../../time/oscillator.js";
import type { Timer, Timers } from "../../time/timers.js";
import type { PortBus, PortDevice } from "../bus.js";
import type { InterruptLine } from "../line.js";
import * as C from "./calendar.js";
import { firmwareSetup } from "./nvram.js";
import { RAM_SIZE, type RtcState } from "./state.js";

const INDEX = 0x70;
const NMI_MASK = 0x80;

/** Register A: update in progress; divider bits, of which 010 run the 32,768 Hz crystal and 11x hold it in reset. */
const A_UIP = 0x80;
const A_DIVIDER = 0x70;
const A_RUNNING = 0x20;
/** As firmware leaves it: running, 1,024 Hz. */
const A_RESET = 0x26;

/** Register C. PF, AF and UF are where B has their enables. */
const IRQF = 0x80;
const PF = C.B_PIE;
const AF = C.B_AIE;
const UF = C.B_UIE;
/** Register D: the battery is good. */
const VRT = 0x80;

const SECOND = 1_000_000_000;
/** UIP is up for 244 us before an update cycle and for the 1,984 us that one takes; the registers change at its end. */
const UPDATE_NS = 2_228_000;
/** The first update after the divider was released. */
const DIVIDER_NS = 500_000_000;
const CRYSTAL = new Oscillator(64, 1_953_125);

export interface RtcWiring {
  clock: Clock;
  timers: Timers;
  /** IRQ 8. */
  irq: InterruptLine;
  /** Milliseconds since 1970, UTC, at this moment: asked once, for the time at which the machine is first powered on. */
  wallClockMs: () => number;
  /** Guest RAM, for the memory sizes in NVRAM. */
  memoryBytes: number;
}

/**
 * The MC146818A clock with 128 bytes of battery-backed memory. It runs on guest time: a machine that was paused finds its clock late by as
 * much, as after a stopped one. Nothing happens here without being asked, except for interrupts that the guest has enabled; each is raised
 * once until register C is read, so a guest gets no more of them than it asks for.
 */
export class Rtc implements PortDevice {
  readonly #wiring: RtcWiring;
  readonly #timer: Timer;
  readonly #ram = new Uint8Array(RAM_SIZE);
  readonly #calendar = new C.Calendar(this.#ram);
  #index = 0;
  #nmiMasked = false;
  #flags = 0;
  #origin: number;
  #update: number;
  #tick: number;

  constructor(wiring: RtcWiring) {
    this.#wiring = wiring;
    this.#timer = wiring.timers.add(() => this.#changed());
    const now = wiring.clock.now();
    const ms = wiring.wallClockMs();
    firmwareSetup(this.#ram, wiring.memoryBytes);
    this.#ram[C.REGISTER_A] = A_RESET;
    this.#ram[C.REGISTER_B] = C.B_24_HOURS;
    this.#calendar.set(ms);
    this.#origin = now - (Math.floor(ms) % 1000) * 1_000_000;
    this.#update = 0;
    this.#tick = CRYSTAL.ticksAt(now);
  }

  attach(bus: PortBus): void {
    bus.attach(INDEX, 2, this);
  }

  /** The reset pin disables the interrupts; time and memory have a battery. */
  reset(): void {
    this.#sync();
    this.#ram[C.REGISTER_B] &= ~(C.B_PIE | C.B_AIE | C.B_UIE | 0x08);
    this.#flags = 0;
    this.#index = 0;
    this.#nmiMasked = false;
    this.#changed();
  }

  /** Bit 7 of port 0x70 keeps NMIs from the processor. */
  get nmiMasked(): boolean {
    return this.#nmiMasked;
  }

  readPort(port: number): number {
    if (port === INDEX) return 0xff;
    this.#sync();
    switch (this.#index) {
      case C.REGISTER_A:
        return this.#ram[C.REGISTER_A] | (this.#updating ? A_UIP : 0);
      case C.REGISTER_C: {
        const flags = this.#flags | (this.#interrupts !== 0 ? IRQF : 0);
        this.#flags = 0;
        this.#changed();
        return flags;
      }
      case C.REGISTER_D:
        return VRT;
      default:
        return this.#ram[this.#index];
    }
  }

  writePort(port: number, value: number): void {
    if (port === INDEX) {
      this.#index = value & ~NMI_MASK;
      this.#nmiMasked = (value & NMI_MASK) !== 0;
      return;
    }
    this.#sync();
    switch (this.#index) {
      case C.REGISTER_A:
        this.#writeA(value & ~A_UIP);
        break;
      case C.REGISTER_B:
        // SET stops updates, and their interrupts.
        this.#ram[C.REGISTER_B] = (value & C.B_SET) === 0 ? value : value & ~C.B_UIE;
        break;
      case C.REGISTER_C:
      case C.REGISTER_D:
        return;
      default:
        this.#ram[this.#index] = value;
    }
    // Only the registers of the clock itself can change an interrupt.
    if (this.#index <= C.REGISTER_B) this.#changed();
  }

  save(): RtcState {
    return {
      version: 1,
      ram: Array.from(this.#ram),
      index: this.#index,
      nmiMasked: this.#nmiMasked,
      flags: this.#flags,
      origin: this.#origin,
      update: this.#update,
      tick: this.#tick,
      timer: this.#timer.save(),
    };
  }

  restore(state: RtcState): void {
    this.#ram.set(state.ram);
    this.#index = state.index;
    this.#nmiMasked = state.nmiMasked;
    this.#flags = state.flags;
    this.#origin = state.origin;
    this.#update = state.update;
    this.#tick = state.tick;
    this.#timer.restore(state.timer);
  }

  get #running(): boolean {
    return (this.#ram[C.REGISTER_A] & A_DIVIDER) === A_RUNNING;
  }

  /** The time registers are brought up to date every second. */
  get #updates(): boolean {
    return this.#running && (this.#ram[C.REGISTER_B] & C.B_SET) === 0;
  }

  get #updating(): boolean {
    return this.#updates && this.#updateTime(this.#update + 1) - this.#wiring.clock.now() <= UPDATE_NS;
  }

  get #interrupts(): number {
    return this.#flags & this.#ram[C.REGISTER_B] & (PF | AF | UF);
  }

  /** Ticks of the crystal from one periodic flag to the next, 0 for none. */
  get #period(): number {
    const rate = this.#ram[C.REGISTER_A] & 15;
    if (rate === 0 || !this.#running) return 0;
    return rate < 3 ? 64 << rate : 1 << (rate - 1);
  }

  #updateTime(update: number): number {
    return this.#origin + update * SECOND;
  }

  /** Brings the registers and flags up to now. */
  #sync(): void {
    const now = this.#wiring.clock.now();
    const tick = CRYSTAL.ticksAt(now);
    const period = this.#period;
    if (period !== 0 && Math.floor(tick / period) > Math.floor(this.#tick / period)) this.#flags |= PF;
    this.#tick = tick;
    if (!this.#running) return;
    const update = Math.floor((now - this.#origin) / SECOND);
    const seconds = update - this.#update;
    this.#update = update;
    if (seconds <= 0 || !this.#updates) return;
    this.#flags |= UF;
    if (this.#calendar.secondsToAlarm() <= seconds) this.#flags |= AF;
    this.#calendar.advance(seconds);
  }

  #writeA(value: number): void {
    const ran = this.#running;
    this.#ram[C.REGISTER_A] = value;
    if (ran || !this.#running) return;
    this.#origin = this.#wiring.clock.now() + DIVIDER_NS;
    this.#update = -1;
  }

  /** Drives the interrupt line, and sets the timer for the next interrupt that is enabled and not there yet. */
  #changed(): void {
    this.#sync();
    this.#wiring.irq(this.#interrupts !== 0);
    const awaited = this.#ram[C.REGISTER_B] & ~this.#flags;
    let next = Number.POSITIVE_INFINITY;
    const period = this.#period;
    if ((awaited & PF) !== 0 && period !== 0) next = CRYSTAL.nsAt((Math.floor(this.#tick / period) + 1) * period);
    if (this.#updates) {
      if ((awaited & UF) !== 0) next = Math.min(next, this.#updateTime(this.#update + 1));
      if ((awaited & AF) !== 0) next = Math.min(next, this.#updateTime(this.#update + this.#calendar.secondsToAlarm()));
    }
    this.#timer.arm(next);
  }
}
