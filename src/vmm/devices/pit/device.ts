import type { Clock } from "../../time/clock.js";
import { Oscillator } from "../../time/oscillator.js";
import type { Timer, Timers } from "../../time/timers.js";
import type { PortBus, PortDevice } from "../bus.js";
import type { InterruptLine } from "../line.js";
import { PitChannel } from "./channel.js";
import type { PitMetrics } from "./metrics.js";
import type { PitState } from "./state.js";

const BASE = 0x40;
const CONTROL = 0x43;

/** 14.31818 MHz / 12 = 105/88 MHz. */
const CRYSTAL = new Oscillator(105, 88_000);
const TICKS_PER_SECOND = 1_193_182;

/**
 * The least time between two runs of channel 0's timer in the monitor. A guest may program a shorter period; the ticks between two runs are
 * then lost ones, that it gets as fast as it ends its service of them.
 */
export const SHORTEST_TIMER_NS = 50_000;

/** DRAM refresh: every 15 us, whatever the guest makes of channel 1. */
const REFRESH_TICKS = 18;

export interface PitWiring {
  clock: Clock;
  timers: Timers;
  /** IRQ 0. */
  irq: InterruptLine;
  /** Whether a request of IRQ 0 still waits to be acknowledged. */
  requested: () => boolean;
}

/**
 * The 8254 timer: channel 0 on IRQ 0, channel 1 once refreshed the memory, channel 2 has its gate and output on port 0x61.
 *
 * Lost ticks: when channel 0 rises in a periodic mode while the last request is still waiting (the host was busy, or the guest), the tick is
 * remembered and requested after the guest's next EOI of IRQ 0, at most one second of them. Pausing and programming the channel forget them.
 * IRQ 0 falls only just before it rises again, and not at the middle of a square wave: half a period is no time in which a busy host must have
 * let the guest acknowledge.
 */
export class Pit implements PortDevice {
  readonly metrics: PitMetrics = { onTime: 0, caughtUp: 0, dropped: 0 };
  readonly #wiring: PitWiring;
  readonly #timer: Timer;
  #channels: PitChannel[];
  #lost = 0;

  constructor(wiring: PitWiring) {
    this.#wiring = wiring;
    this.#timer = wiring.timers.add(() => {
      const now = this.#wiring.clock.now();
      this.#serve(CRYSTAL.ticksAt(now), now + SHORTEST_TIMER_NS);
    });
    this.#channels = [new PitChannel(), new PitChannel(), new PitChannel()];
    this.reset();
  }

  attach(bus: PortBus): void {
    bus.attach(BASE, 4, this);
  }

  /** As firmware leaves it: channel 0 at 18.2 Hz, channel 1 refreshing, channel 2 silent. */
  reset(): void {
    this.#channels = [new PitChannel(), new PitChannel(), new PitChannel()];
    this.#channels[2].setGate(this.#tick(), false);
    this.writePort(CONTROL, 0x36);
    this.writePort(BASE, 0);
    this.writePort(BASE, 0);
    this.writePort(CONTROL, 0x54);
    this.writePort(BASE + 1, REFRESH_TICKS);
    this.writePort(CONTROL, 0xb6);
  }

  /** The guest has ended its service of IRQ 0: the moment for a tick that it missed. */
  onEoi(): void {
    if (this.#lost === 0 || this.#wiring.requested()) return;
    this.#lost--;
    this.metrics.caughtUp++;
    this.#pulse();
  }

  /** The machine pauses: what it had still to catch up is gone. */
  forgetLostTicks(): void {
    this.metrics.dropped += this.#lost;
    this.#lost = 0;
  }

  /** Gate of channel 2 (port 0x61, bit 0). */
  get gate2(): boolean {
    return this.#channels[2].gate;
  }

  set gate2(gate: boolean) {
    this.#channels[2].setGate(this.#tick(), gate);
  }

  /** Output of channel 2 at this moment (port 0x61, bit 5): kernels measure their processor against it. */
  get out2(): boolean {
    return this.#channels[2].out(this.#tick());
  }

  /** Toggles with every refresh of the memory (port 0x61, bit 4). */
  get refresh(): boolean {
    return Math.floor(this.#tick() / REFRESH_TICKS) % 2 === 1;
  }

  readPort(port: number): number {
    return port === CONTROL ? 0xff : this.#channels[port - BASE].read(this.#tick());
  }

  writePort(port: number, value: number): void {
    const tick = this.#tick();
    let channel = port - BASE;
    if (port === CONTROL) {
      channel = value >> 6;
      if (channel === 3) {
        this.#readBack(tick, value);
        return;
      }
      if ((value & 0x30) === 0) {
        this.#channels[channel].latchCount(tick);
        return;
      }
      this.#channels[channel].control(tick, value & 0x3f);
    } else {
      this.#channels[channel].write(tick, value);
    }
    if (channel === 0) {
      this.forgetLostTicks();
      this.#serve(tick, 0);
    }
  }

  save(): PitState {
    return { version: 1, channels: this.#channels.map((channel) => channel.save()), lost: this.#lost, timer: this.#timer.save() };
  }

  restore(state: PitState): void {
    this.#channels.forEach((channel, index) => {
      channel.restore(state.channels[index]);
    });
    this.#lost = state.lost;
    this.#timer.restore(state.timer);
  }

  #tick(): number {
    return CRYSTAL.ticksAt(this.#wiring.clock.now());
  }

  /** Read-back command: bit 5 low latches counts, bit 4 low statuses, of the channels in bits 3 to 1. */
  #readBack(tick: number, value: number): void {
    this.#channels.forEach((channel, index) => {
      if ((value & (2 << index)) === 0) return;
      if ((value & 0x20) === 0) channel.latchCount(tick);
      if ((value & 0x10) === 0) channel.latchStatus(tick);
    });
  }

  /**
   * Requests what has come up to `tick` and sets the timer for what comes after it. One tick for both: the host's clock goes on in between, and an
   * edge that fell into the gap would never be requested.
   */
  #serve(tick: number, earliestNs: number): void {
    this.#service(tick);
    this.#arm(tick, earliestNs);
  }

  /** Turns the rising edges of channel 0 into requests. */
  #service(tick: number): void {
    const channel = this.#channels[0];
    const rises = channel.takeRises(tick);
    if (rises > 0) {
      const waiting = this.#wiring.requested();
      if (!waiting) {
        this.metrics.onTime++;
        this.#pulse();
      }
      if (channel.periodic) this.#lose(waiting ? rises : rises - 1, channel.period);
    }
    // A count that runs once holds OUT low until it has run out.
    if (channel.mode === 0 && !channel.out(tick)) this.#wiring.irq(false);
  }

  /** Remembers ticks of a `period`, up to a second in all. */
  #lose(ticks: number, period: number): void {
    const remembered = Math.max(0, Math.min(ticks, Math.floor(TICKS_PER_SECOND / period) - this.#lost));
    this.#lost += remembered;
    this.metrics.dropped += ticks - remembered;
  }

  #pulse(): void {
    this.#wiring.irq(false);
    this.#wiring.irq(true);
  }

  /** Sets the timer for the next edge of channel 0 after `tick`, but not before `earliestNs`. */
  #arm(tick: number, earliestNs: number): void {
    const rise = this.#channels[0].nextRise(tick);
    if (rise === Number.POSITIVE_INFINITY) this.#timer.disarm();
    else this.#timer.arm(Math.max(earliestNs, CRYSTAL.nsAt(rise)));
  }
}
