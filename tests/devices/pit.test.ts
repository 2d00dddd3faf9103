import { beforeEach, describe, expect, it } from "vitest";
import { Pit, SHORTEST_TIMER_NS } from "../../src/vmm/devices/pit/device.js";
import { pitState } from "../../src/vmm/devices/pit/state.js";
import { Oscillator } from "../../src/vmm/time/oscillator.js";
import { Rig } from "./rig.js";

const crystal = new Oscillator(105, 88_000);

let rig: Rig;
let pit: Pit;
/** A request of IRQ 0 waits. */
let waiting: boolean;
let level: boolean;
let edges: number;

function makePit(on: Rig): Pit {
  return new Pit({
    clock: on.clock,
    timers: on.timers,
    irq: (asserted) => {
      if (asserted && !level) {
        edges++;
        waiting = true;
      }
      if (!asserted) waiting = false;
      level = asserted;
    },
    requested: () => waiting,
  });
}

/** Moves to the moment at which so many ticks have passed since guest time 0. */
const toTick = (tick: number) => rig.advance(crystal.nsAt(tick) - rig.ns);
const tick = () => crystal.ticksAt(rig.ns);
const ticks = (count: number) => toTick(tick() + count);
/** Programs a channel: mode, then a count in two bytes. */
function program(channel: number, mode: number, count: number): void {
  rig.out(0x43, (channel << 6) | 0x30 | (mode << 1));
  rig.out(0x40 + channel, count & 0xff, count >> 8);
}
/** Reads a count by latching it. */
function count(channel: number): number {
  rig.out(0x43, channel << 6);
  return rig.in(0x40 + channel) | (rig.in(0x40 + channel) << 8);
}
/** Status byte by read-back. */
function status(channel: number): number {
  rig.out(0x43, 0xe0 | (2 << channel));
  return rig.in(0x40 + channel);
}

beforeEach(() => {
  rig = new Rig();
  waiting = false;
  level = false;
  edges = 0;
  pit = makePit(rig);
  pit.attach(rig.bus);
  pit.gate2 = true;
});

describe("8254 channel 2", () => {
  it("mode 0: low until the count has run out, then high, counting on from 0xffff", () => {
    program(2, 0, 100);
    expect(pit.out2).toBe(false);
    ticks(1);
    expect(count(2)).toBe(100);
    ticks(99);
    expect([count(2), pit.out2]).toEqual([1, false]);
    ticks(1);
    expect([count(2), pit.out2]).toEqual([0, true]);
    ticks(1);
    expect([count(2), pit.out2]).toEqual([0xffff, true]);
  });

  it("mode 0: stands still while the gate is low", () => {
    program(2, 0, 100);
    ticks(41);
    pit.gate2 = false;
    ticks(1000);
    expect([count(2), pit.out2]).toEqual([60, false]);
    pit.gate2 = true;
    ticks(59);
    expect([count(2), pit.out2]).toEqual([1, false]);
    ticks(1);
    expect(pit.out2).toBe(true);
  });

  it("mode 0: the first byte of a new count stops it, the second starts it", () => {
    program(2, 0, 100);
    ticks(200);
    expect(pit.out2).toBe(true);
    rig.out(0x42, 10);
    expect(pit.out2).toBe(false);
    ticks(500);
    expect(pit.out2).toBe(false);
    rig.out(0x42, 0);
    ticks(11);
    expect(pit.out2).toBe(true);
  });

  it("mode 1: a rising gate starts a low pulse, and another one extends it", () => {
    pit.gate2 = false;
    program(2, 1, 50);
    ticks(100);
    expect(pit.out2).toBe(true);
    pit.gate2 = true;
    ticks(1);
    expect(pit.out2).toBe(false);
    pit.gate2 = false;
    ticks(40);
    pit.gate2 = true;
    ticks(50);
    expect(pit.out2).toBe(false);
    ticks(1);
    expect(pit.out2).toBe(true);
  });

  it("mode 2: low for one tick in every period", () => {
    program(2, 2, 5);
    ticks(1);
    const seen: [number, boolean][] = [];
    for (let i = 0; i < 7; i++) {
      seen.push([count(2), pit.out2]);
      ticks(1);
    }
    expect(seen).toEqual([
      [5, true],
      [4, true],
      [3, true],
      [2, true],
      [1, false],
      [5, true],
      [4, true],
    ]);
  });

  it("mode 2: takes a new count at the end of the period, or at a rising gate", () => {
    program(2, 2, 10);
    ticks(4);
    rig.out(0x42, 20, 0);
    expect(status(2) & 0x40).toBe(0x40);
    ticks(6);
    expect(count(2)).toBe(1);
    ticks(1);
    expect([count(2), status(2) & 0x40]).toEqual([20, 0]);
    rig.out(0x42, 30, 0);
    pit.gate2 = false;
    pit.gate2 = true;
    ticks(1);
    expect(count(2)).toBe(30);
  });

  it("mode 2: a low gate holds the output high and the count", () => {
    program(2, 2, 3);
    ticks(3);
    expect(pit.out2).toBe(false);
    pit.gate2 = false;
    expect(pit.out2).toBe(true);
    ticks(100);
    expect([count(2), pit.out2]).toEqual([1, true]);
  });

  it.each([
    [6, "111000", [6, 4, 2, 6, 4, 2]],
    [5, "11100", [4, 2, 0, 4, 2]],
  ])("mode 3: a square wave of %i ticks", (period, wave, counts) => {
    program(2, 3, period);
    ticks(1);
    let outs = "";
    const read: number[] = [];
    for (let i = 0; i < period; i++) {
      outs += pit.out2 ? "1" : "0";
      read.push(count(2));
      ticks(1);
    }
    expect([outs, read]).toEqual([wave, counts]);
    expect(pit.out2).toBe(true);
  });

  it("mode 3: takes a new count at the end of the half period", () => {
    program(2, 3, 10);
    ticks(3);
    rig.out(0x42, 4, 0);
    ticks(3);
    let outs = "";
    for (let i = 0; i < 6; i++) {
      outs += pit.out2 ? "1" : "0";
      ticks(1);
    }
    expect(outs).toBe("001100");
  });

  it("mode 4: a strobe of one tick when the count has run out", () => {
    program(2, 4, 8);
    expect(pit.out2).toBe(true);
    ticks(8);
    expect(pit.out2).toBe(true);
    ticks(1);
    expect(pit.out2).toBe(false);
    ticks(1);
    expect(pit.out2).toBe(true);
    ticks(0x10000 - 1);
    expect(pit.out2).toBe(true);
  });

  it("mode 5: a strobe so long after a rising gate", () => {
    program(2, 5, 8);
    ticks(100);
    expect(pit.out2).toBe(true);
    pit.gate2 = false;
    pit.gate2 = true;
    ticks(9);
    expect(pit.out2).toBe(false);
    ticks(1);
    expect(pit.out2).toBe(true);
  });

  it("counts in BCD", () => {
    rig.out(0x43, 0xb1);
    rig.out(0x42, 0x00, 0x10);
    ticks(2);
    expect(count(2)).toBe(0x0999);
    ticks(999);
    expect([count(2), pit.out2]).toEqual([0, true]);
    ticks(1);
    expect(count(2)).toBe(0x9999);
  });

  it("takes a count of 0 as the largest: 65,536, or 10,000 in BCD", () => {
    program(2, 0, 0);
    ticks(0x10000);
    expect(pit.out2).toBe(false);
    ticks(1);
    expect(pit.out2).toBe(true);
    rig.out(0x43, 0xb1);
    rig.out(0x42, 0, 0);
    ticks(10_000);
    expect(pit.out2).toBe(false);
    ticks(1);
    expect(pit.out2).toBe(true);
  });

  it("reads and writes one byte only when told so", () => {
    rig.out(0x43, 0x90);
    rig.out(0x42, 0x40);
    ticks(1);
    expect([rig.in(0x42), rig.in(0x42)]).toEqual([0x40, 0x40]);
    rig.out(0x43, 0xa0);
    rig.out(0x42, 0x12);
    ticks(1);
    expect([rig.in(0x42), rig.in(0x42)]).toEqual([0x12, 0x12]);
    ticks(1);
    expect(rig.in(0x42)).toBe(0x11);
  });

  it("shows the running count in two reads, low byte first", () => {
    program(2, 0, 0xffff);
    ticks(1 + 0x100);
    expect([rig.in(0x42), rig.in(0x42), rig.in(0x42)]).toEqual([0xff, 0xfe, 0xff]);
  });

  it("holds a latched count until it is read, and ignores a second latch", () => {
    program(2, 0, 1000);
    ticks(1);
    rig.out(0x43, 0x80);
    ticks(100);
    rig.out(0x43, 0x80);
    expect(rig.in(0x42) | (rig.in(0x42) << 8)).toBe(1000);
    expect(count(2)).toBe(900);
  });

  it("reads back status before count, for several channels at once", () => {
    program(0, 2, 500);
    program(2, 0, 1000);
    expect(status(2)).toBe(0x70);
    ticks(11);
    rig.out(0x43, 0xca);
    ticks(5);
    expect(rig.in(0x42)).toBe(0x30);
    expect(rig.in(0x42) | (rig.in(0x42) << 8)).toBe(990);
    expect(rig.in(0x40)).toBe(0xb4);
    expect(rig.in(0x40) | (rig.in(0x40) << 8)).toBe(490);
  });

  it("reads nothing from the control port, and takes modes 6 and 7 as 2 and 3", () => {
    expect(rig.in(0x43)).toBe(0xff);
    rig.out(0x43, 0xbe);
    expect(status(2) & 0x0e).toBe(6);
  });
});

describe("8254 channel 0 on IRQ 0", () => {
  it("runs at 18.2 Hz from reset", () => {
    for (let i = 1; i <= 3; i++) {
      toTick(65_536 * i);
      expect(edges).toBe(i - 1);
      toTick(65_536 * i + 1);
      expect(edges).toBe(i);
      waiting = false;
    }
  });

  it("requests once, at the exact tick, when a one-shot count has run out", () => {
    program(0, 0, 1193);
    const at = tick() + 1 + 1193;
    expect(rig.timers.nextDeadline()).toBe(crystal.nsAt(at));
    toTick(at - 1);
    expect([edges, level]).toEqual([0, false]);
    toTick(at);
    expect([edges, level]).toEqual([1, true]);
    ticks(200_000);
    expect([edges, rig.timers.nextDeadline()]).toEqual([1, Number.POSITIVE_INFINITY]);
  });

  it("mode 0 lowers the line when it is programmed: what was requested and not taken is gone", () => {
    program(0, 0, 10);
    ticks(20);
    expect(waiting).toBe(true);
    program(0, 0, 10);
    expect(waiting).toBe(false);
  });

  it("mode 4 requests after the strobe", () => {
    program(0, 4, 100);
    ticks(101);
    expect(edges).toBe(0);
    ticks(1);
    expect(edges).toBe(1);
  });

  it("requests in every period, without drift", () => {
    program(0, 2, 4773);
    const start = tick() + 1;
    for (let i = 1; i <= 1000; i++) {
      toTick(start + 4773 * i - 1);
      expect(edges).toBe(i - 1);
      toTick(start + 4773 * i);
      expect(edges).toBe(i);
      waiting = false;
    }
    expect(pit.metrics).toEqual({ onTime: 1000, caughtUp: 0, dropped: 0 });
  });
});

describe("lost ticks", () => {
  /** The guest acknowledges and ends its service as long as there is a request; returns how often. */
  function serve(): number {
    let served = 0;
    while (waiting) {
      waiting = false;
      served++;
      pit.onEoi();
    }
    return served;
  }

  it("are requested one after another, each after the EOI of the one before", () => {
    program(0, 2, 1000);
    ticks(1);
    rig.starve(crystal.nsAt(1000 * 10 + 5) - crystal.nsAt(0));
    expect([edges, waiting]).toEqual([1, true]);
    expect(serve()).toBe(10);
    expect(pit.metrics.caughtUp).toBe(9);
  });

  it("include those for which the guest was too slow", () => {
    program(0, 2, 1000);
    ticks(1 + 3000);
    expect(edges).toBe(1);
    expect(serve()).toBe(3);
  });

  it("are remembered for one second at most", () => {
    program(0, 2, 11_932);
    rig.starve(60e9);
    expect(serve()).toBe(1 + 99);
    expect(pit.metrics.dropped).toBeGreaterThan(5800);
  });

  it("are forgotten when the machine pauses, and when the channel is programmed", () => {
    program(0, 2, 1000);
    rig.starve(50e6);
    pit.forgetLostTicks();
    expect(serve()).toBe(1);
    rig.starve(50e6);
    program(0, 2, 1000);
    expect(serve()).toBe(1);
  });

  it("are none in modes that run once", () => {
    program(0, 0, 1000);
    rig.starve(1e9);
    expect(serve()).toBe(1);
  });

  it("bound how often a short period runs the monitor: the guest gets the ticks after its EOIs", () => {
    program(0, 2, 1);
    rig.advance(2000);
    let runs = 0;
    const end = rig.ns + 10_000_000;
    while (rig.timers.nextDeadline() <= end) {
      rig.ns = rig.timers.nextDeadline();
      rig.timers.runDue(rig.ns);
      runs++;
    }
    expect(runs).toBeGreaterThan(100);
    expect(runs).toBeLessThanOrEqual(10_000_000 / SHORTEST_TIMER_NS + 1);
    expect(serve()).toBeGreaterThan(5900);
  });
});

describe("8254 saved", () => {
  it("refuses a period that is none", () => {
    program(0, 2, 1193);
    ticks(5);
    expect(count(0)).toBe(1189);
    const state = pit.save();
    expect(pitState(state, "pit")).toEqual(state);
    state.channels[0].count = 0;
    expect(() => pitState(state, "pit")).toThrow("pit.channels.0.count");
  });

  it("goes on at the same ticks with the same debts", () => {
    program(0, 2, 1193);
    program(2, 3, 77);
    rig.out(0x42, 50, 0);
    rig.starve(20e6);
    const state = JSON.parse(JSON.stringify(pit.save()));
    const other = new Rig();
    other.ns = rig.ns;
    const copy = makePit(other);
    copy.restore(state);
    expect(copy.save()).toEqual(state);
    expect(other.timers.nextDeadline()).toBe(rig.timers.nextDeadline());
    for (let i = 0; i < 200; i++) {
      rig.ns += 777;
      other.ns += 777;
      expect(copy.out2).toBe(pit.out2);
    }
  });
});

it("loses no edge when the host is slow in the middle of programming it", () => {
  // 119 ticks pass between two looks at the clock.
  let ns = 0;
  const slow = new Rig();
  Object.assign(slow.clock, { now: () => (ns += 100_000) });
  makePit(slow).attach(slow.bus);
  // Past the edges that programming itself makes.
  slow.out(0x43, 0x38);
  slow.timers.runDue(ns);
  edges = 0;
  slow.out(0x40, 180, 0);
  ns += 1_000_000;
  slow.timers.runDue(ns);
  expect(edges).toBe(1);
});
