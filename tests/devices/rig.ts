import { PortBus } from "../../src/vmm/devices/bus.js";
import type { Clock } from "../../src/vmm/time/clock.js";
import { Timers } from "../../src/vmm/time/timers.js";

/** A bus, and a clock that goes where the test says: `advance` stops at every deadline on the way, as a machine does. */
export class Rig {
  ns = 0;
  readonly bus = new PortBus();
  readonly timers = new Timers();
  readonly clock: Clock = { now: () => this.ns };

  advance(ns: number): void {
    const end = this.ns + ns;
    while (this.timers.nextDeadline() <= end) {
      this.ns = Math.max(this.ns, this.timers.nextDeadline());
      this.timers.runDue(this.ns);
    }
    this.ns = end;
  }

  /** Time passes while the machine doesn't run: what was due is seen only at the end. */
  starve(ns: number): void {
    this.ns += ns;
    this.timers.runDue(this.ns);
  }

  in(port: number): number {
    return this.bus.read(port, 1);
  }

  out(port: number, ...values: number[]): void {
    for (const value of values) this.bus.write(port, 1, value);
  }
}
