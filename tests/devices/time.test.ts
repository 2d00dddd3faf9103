import { describe, expect, it } from "vitest";
import { DeterministicClock, HostClock } from "../../src/vmm/time/clock.js";
import { Oscillator } from "../../src/vmm/time/oscillator.js";
import { Timers } from "../../src/vmm/time/timers.js";
import { Tsc } from "../../src/vmm/time/tsc.js";

describe("host clock", () => {
  it("stands still until it is resumed and while it is paused", () => {
    let host = 1000.5;
    const clock = new HostClock(() => host);
    host += 500;
    expect(clock.now()).toBe(0);
    clock.resume();
    host += 70.9;
    expect(clock.now()).toBe(70);
    clock.pause();
    host += 1e9;
    expect(clock.now()).toBe(70);
    clock.resume();
    host += 10;
    expect(clock.now()).toBe(80);
  });

  it("never goes back, even if the host's clock does", () => {
    let host = 0;
    const clock = new HostClock(() => host);
    clock.resume();
    host = 100;
    clock.now();
    host = 50;
    expect(clock.now()).toBe(100);
  });

  it("goes on from a restored time", () => {
    let host = 5;
    const clock = new HostClock(() => host);
    clock.restore(1_000_000);
    clock.resume();
    host += 3;
    expect(clock.now()).toBe(1_000_003);
  });
});

describe("deterministic clock", () => {
  it("counts retired instructions and skips to a deadline", () => {
    let instructions = 0;
    const clock = new DeterministicClock(() => instructions);
    instructions = 250;
    expect(clock.now()).toBe(250);
    expect(clock.instructionsUntil(1000)).toBe(750);
    clock.skipTo(1000);
    clock.skipTo(10);
    expect(clock.now()).toBe(1000);
    instructions = 251;
    expect(clock.now()).toBe(1001);
    expect(clock.instructionsUntil(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("timers", () => {
  it("run in the order of their deadlines, equal ones in the order they were added", () => {
    const timers = new Timers();
    const ran: string[] = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => timers.add(() => ran.push(name)));
    b.arm(20);
    c.arm(10);
    a.arm(20);
    expect(timers.nextDeadline()).toBe(10);
    timers.runDue(9);
    expect(ran).toEqual([]);
    timers.runDue(25);
    expect(ran).toEqual(["c", "a", "b"]);
    expect(timers.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it("forget a deadline that is disarmed or replaced", () => {
    const timers = new Timers();
    let runs = 0;
    const timer = timers.add(() => runs++);
    timer.arm(10);
    timer.arm(30);
    timers.runDue(20);
    expect([runs, timers.nextDeadline()]).toEqual([0, 30]);
    timer.disarm();
    timers.runDue(40);
    expect(runs).toBe(0);
  });

  it("run each at most once a pass, whatever the callback does", () => {
    const timers = new Timers();
    let runs = 0;
    const timer = timers.add(() => {
      runs++;
      timer.arm(0);
    });
    timer.arm(5);
    timers.runDue(10);
    expect(runs).toBe(1);
    timers.runDue(10);
    expect(runs).toBe(2);
  });

  it("save a deadline as a plain integer", () => {
    const timers = new Timers();
    const timer = timers.add(() => {});
    expect(timer.save()).toBe(-1);
    timer.restore(77);
    expect([timer.save(), timers.nextDeadline()]).toEqual([77, 77]);
    timer.restore(-1);
    expect(timers.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("oscillator", () => {
  it("converts both ways without a nanosecond's error, also after months", () => {
    const pit = new Oscillator(105, 88_000);
    for (const tick of [0, 1, 2, 104, 105, 106, 1_193_182, 7_000_000_000_003, 10_000_000_000_001]) {
      const ns = pit.nsAt(tick);
      expect(pit.ticksAt(ns)).toBe(tick);
      if (tick > 0) expect(pit.ticksAt(ns - 1)).toBe(tick - 1);
    }
  });
});

describe("time stamp counter", () => {
  const value = (tsc: Tsc) => {
    tsc.read();
    return BigInt(tsc.high) * 0x100000000n + BigInt(tsc.low);
  };

  it("is guest time in nanoseconds, and increases between reads at the same time", () => {
    let ns = 0x1_2345_6789;
    const tsc = new Tsc({ now: () => ns });
    expect(value(tsc)).toBe(0x1_2345_6789n);
    expect(value(tsc)).toBe(0x1_2345_678an);
    ns += 1000;
    expect(value(tsc)).toBe(0x1_2345_6b71n);
  });

  it("increases also after the 104 days for which nanoseconds are exact", () => {
    const tsc = new Tsc({ now: () => 2 ** 53 });
    const first = value(tsc);
    expect(value(tsc)).toBeGreaterThan(first);
  });

  it.each([
    [0n, 0x9999_9999],
    [0xffff_ffff_ffff_fff0n, 5],
    [0x0000_0001_0000_0000n, 0x2_0000_0001],
  ])("goes on from what was written: %s", (written, start) => {
    let ns = start;
    const tsc = new Tsc({ now: () => ns });
    tsc.write(Number(written & 0xffffffffn), Number(written >> 32n));
    ns += 100;
    expect(value(tsc)).toBe((written + 100n) & 0xffff_ffff_ffff_ffffn);
    const copy = new Tsc({ now: () => ns });
    copy.restore(tsc.save());
    expect(value(copy)).toBe((written + 101n) & 0xffff_ffff_ffff_ffffn);
  });
});
