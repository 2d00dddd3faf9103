import { describe, expect, it } from "vitest";
import { Board } from "../../src/vmm/board.js";
import type { AccessSize } from "../../src/vmm/devices/bus.js";
import { HostClock } from "../../src/vmm/time/clock.js";
import { Timers } from "../../src/vmm/time/timers.js";

/** Give another with FUZZ_SEED; every failure names its own. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_122);
const STEPS = 3000;

/** xorshift32. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
  chance(of: number): boolean {
    return this.below(of) === 0;
  }
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

/** A board, and everything that can be seen of it from outside. */
class Machine {
  hostNs = 0;
  readonly clock = new HostClock(() => this.hostNs);
  readonly timers = new Timers();
  readonly board: Board;
  /** Calls out of the board and values read from it, in order. */
  seen: (string | number | boolean)[] = [];

  constructor(memoryBytes = 64 << 20) {
    const see =
      (what: string) =>
      (...values: (string | number | boolean)[]) =>
        void this.seen.push(what, ...values);
    this.board = new Board({
      clock: this.clock,
      timers: this.timers,
      memoryBytes,
      wallClockMs: () => Date.UTC(2026, 10, 22, 12, 30, 15, 500),
      serialSink: see("serial"),
      serialRoom: (port) => {
        // What a host with endless input does.
        this.seen.push("room", port, this.board.serial[port].receive(Uint8Array.of(0x61, 0x62, 0x63)));
      },
      onReset: see("reset"),
      onA20: see("a20"),
      onIntr: see("intr"),
      onIgnne: see("ignne"),
      debug: { onExit: see("exit"), ports: [0xe9, 0x80, 0x3f8], onByte: see("debug") },
    });
    this.clock.resume();
  }

  copy(): Machine {
    const state = JSON.parse(JSON.stringify(this.board.save()));
    const copy = new Machine();
    copy.hostNs = this.hostNs;
    copy.clock.restore(state.nowNs);
    copy.board.restore(state);
    copy.seen = [];
    return copy;
  }
}

/** One thing that a guest or the world may do; played on every machine alike. */
type Step = (machine: Machine) => void;

const DEVICES: Record<string, readonly number[]> = {
  pic: [0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1],
  pit: [0x40, 0x41, 0x42, 0x43, 0x61],
  serial: [0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x2f8, 0x2f9, 0x2fa, 0x2fb, 0x2fc, 0x2fd, 0x2fe, 0x2ff],
  rtc: [0x70, 0x71],
  keyboard_controller: [0x60, 0x64],
  system_control: [0x61, 0x92],
  reset_control: [0xcf8, 0xcf9],
  post: [0x80],
  coprocessor_error: [0xf0],
  debug_exit: [0xf4],
  debug_ports: [0xe9, 0x80, 0x3f8],
};
const EVERY = Object.values(DEVICES).flat();

/** Bytes that commands are made of come more often than others. */
function value(random: Random): number {
  return random.chance(3)
    ? random.pick([0, 1, 2, 3, 0x0b, 0x11, 0x20, 0x34, 0x36, 0x47, 0x60, 0x80, 0x83, 0xb0, 0xc7, 0xd1, 0xd4, 0xf0, 0xff])
    : random.below(256);
}

function step(random: Random, ports: readonly number[]): Step {
  const port = random.chance(50) ? random.below(0x10000) : random.pick(ports);
  const size: AccessSize = random.chance(10) ? random.pick([2, 4] as const) : 1;
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: {
      const written = size === 1 ? value(random) : random.below(0x100000000);
      return ({ board }) => board.ports.write(port, size, written);
    }
    case 6:
    case 7:
      return (machine) => machine.seen.push(machine.board.ports.read(port, size));
    case 8: {
      const ns = random.pick([1, 100, 838, 20_000, 1_000_000, 55_000_000, 2_000_000_000, 86_400e9 * (random.chance(50) ? 100 : 1)]);
      return (machine) => {
        machine.hostNs += ns;
        machine.timers.runDue(machine.clock.now());
      };
    }
    case 9:
      return (machine) => {
        if (machine.board.pic.intr) machine.seen.push(machine.board.pic.acknowledge());
        machine.board.ports.write(0xa0, 1, 0x20);
        machine.board.ports.write(0x20, 1, 0x20);
      };
    case 10: {
      const bytes = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      const port = random.below(2);
      const breaks = random.chance(5);
      return ({ board, seen }) => seen.push(breaks ? board.serial[port].receiveBreak() : board.serial[port].receive(bytes));
    }
    default: {
      const key = random.below(0x80) | (random.chance(3) ? 0xe000 : 0);
      const what = random.below(42);
      return ({ board, clock, seen }) => {
        if (what === 0) seen.push(board.keyboardController.ctrlAltDel());
        else if (what === 1) board.reset();
        else if (what === 2) {
          clock.pause();
          board.pause();
          clock.resume();
        } else if (what < 5) board.coprocessorError.setError(what === 3);
        else seen.push(what % 2 === 0 ? board.keyboardController.keyDown(key) : board.keyboardController.keyUp(key));
      };
    }
  }
}

/**
 * What one access may cause: a handful of calls out of the board (both edges of a few lines, a byte, a reset); one pass of the timers, that for
 * each device.
 */
const MOST_CALLS = 64;
/** A copy made by save and restore runs beside the machine for so long, then the next is made. */
const TWIN_STEPS = 200;

function play(seed: number, ports: readonly number[]): void {
  const random = new Random(seed);
  const machine = new Machine();
  let twin = machine.copy();
  for (let i = 0; i < STEPS; i++) {
    const where = `seed ${seed}, step ${i}`;
    const next = step(random, ports);
    for (const one of [machine, twin]) {
      one.seen = [];
      next(one);
      one.timers.runDue(one.clock.now());
      // Or the machine would run its timers again and again, and the guest never.
      if (one.timers.nextDeadline() <= one.clock.now()) throw new Error(`${where}: a timer is due again at once`);
    }
    if (machine.seen.length > MOST_CALLS) throw new Error(`${where}: ${machine.seen.length} calls`);
    if (JSON.stringify(twin.seen) !== JSON.stringify(machine.seen)) {
      throw new Error(`${where}: saw ${JSON.stringify(machine.seen)}, and ${JSON.stringify(twin.seen)} after a restore`);
    }
    if (i % TWIN_STEPS === TWIN_STEPS - 1) {
      expect(twin.board.save(), where).toEqual(machine.board.save());
      twin = machine.copy();
    }
  }
}

describe(`any sequence of accesses, time and input (FUZZ_SEED=${SEED})`, () => {
  it.each(Object.entries(DEVICES))("%s: never throws, does bounded work, goes on the same after save and restore", (_name, ports) => {
    for (let round = 0; round < 2; round++) play(SEED + round, ports);
  });

  it("all devices together", () => {
    for (let round = 0; round < 4; round++) play(SEED + 100 + round, EVERY);
  });

  it("any state within its ranges can be restored and run", () => {
    const random = new Random(SEED);
    let restored = 0;
    for (let round = 0; round < 200; round++) {
      const machine = new Machine();
      for (let i = 0; i < 100; i++) step(random, EVERY)(machine);
      const state = JSON.parse(JSON.stringify(machine.board.save()));
      for (let i = 0; i < 2; i++) mutate(state, random);
      const other = new Machine();
      try {
        other.board.restore(state);
        restored++;
      } catch (error) {
        expect((error as Error).name).toBe("SavedStateError");
        continue;
      }
      other.clock.restore(state.nowNs);
      for (let i = 0; i < 100; i++) step(random, EVERY)(other);
    }
    expect(restored).toBeGreaterThan(20);
  });
});

/** Changes one value somewhere in a saved state. */
function mutate(state: Record<string, unknown>, random: Random): void {
  const key = random.pick(Object.keys(state));
  const old = state[key];
  if (typeof old === "object" && old !== null && Object.keys(old).length > 0) mutate(old as Record<string, unknown>, random);
  else if (typeof old === "boolean") state[key] = !old;
  else if (typeof old === "number") state[key] = random.pick([0, 1, -1, 255, 0xffff, 2 ** 52, old + 1, old - 1, random.below(256)]);
}
