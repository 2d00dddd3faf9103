import { beforeEach, describe, expect, it } from "vitest";
import { Board, type ResetCause } from "../../src/vmm/board.js";
import { SavedStateError } from "../../src/vmm/devices/saved.js";
import { Rig } from "./rig.js";

let rig: Rig;
let board: Board;
let sent: [number, number][];
let resets: ResetCause[];
let a20: boolean[];
let intr: boolean[];
let ignne: boolean[];

function makeBoard(on: Rig): Board {
  return new Board({
    clock: on.clock,
    timers: on.timers,
    memoryBytes: 64 << 20,
    wallClockMs: () => Date.UTC(2026, 0, 1),
    serialSink: (port, byte) => sent.push([port, byte]),
    serialRoom: () => {},
    onReset: (cause) => resets.push(cause),
    onA20: (enabled) => a20.push(enabled),
    onIntr: (asserted) => intr.push(asserted),
    onIgnne: (asserted) => ignne.push(asserted),
  });
}

const out = (port: number, ...values: number[]) => {
  for (const value of values) board.ports.write(port, 1, value);
};
const read = (port: number) => board.ports.read(port, 1);
/** As Linux sets up its interrupt controllers: vectors 0x30 to 0x3f, all unmasked. */
function initializePics(): void {
  out(0x20, 0x11);
  out(0x21, 0x30, 0x04, 0x01, 0x00);
  out(0xa0, 0x11);
  out(0xa1, 0x38, 0x02, 0x01, 0x00);
}
/** What the processor does while INTR is up: takes the vector and ends the service. */
function serve(): number {
  const vector = board.pic.acknowledge();
  if (vector >= 0x38) out(0xa0, 0x20);
  out(0x20, 0x20);
  return vector;
}

beforeEach(() => {
  rig = new Rig();
  [sent, resets, a20, intr, ignne] = [[], [], [], [], []];
  board = makeBoard(rig);
});

describe("board", () => {
  it("has nothing to say before the guest does: no interrupt, A20 open", () => {
    rig.advance(10e9);
    expect([board.pic.intr, board.a20, intr, a20, resets, sent]).toEqual([false, true, [], [], [], []]);
  });

  it("has COM1 on IRQ 4 and COM2 on IRQ 3, and no others", () => {
    initializePics();
    for (const base of [0x3f8, 0x2f8]) out(base + 3, 0x03);
    out(0x3f8, 0x41);
    out(0x2f8, 0x42);
    expect(sent).toEqual([
      [0, 0x41],
      [1, 0x42],
    ]);
    out(0x2fc, 0x08);
    out(0x2f9, 0x02);
    expect(serve()).toBe(0x33);
    out(0x3fc, 0x08);
    out(0x3f9, 0x02);
    expect(serve()).toBe(0x34);
    expect([read(0x3e9), read(0x2e9)]).toEqual([0xff, 0xff]);
  });

  it("has the timer on IRQ 0, catching up after the guest's EOI", () => {
    initializePics();
    out(0x43, 0x34);
    out(0x40, 0xa5, 0x12);
    rig.starve(20e6);
    let served = 0;
    while (board.pic.intr) {
      expect(serve()).toBe(0x30);
      served++;
    }
    expect(served).toBe(4);
    rig.starve(20e6);
    board.pause();
    expect([serve(), board.pic.intr]).toEqual([0x30, false]);
  });

  it("has the keyboard on IRQ 1, the auxiliary port on IRQ 12 and the clock on IRQ 8", () => {
    initializePics();
    board.keyboardController.keyDown(0x1e);
    expect([serve(), read(0x60)]).toEqual([0x31, 0x1e]);
    out(0x64, 0x60);
    out(0x60, 0x47);
    out(0x64, 0xd3);
    out(0x60, 0xa5);
    expect([serve(), read(0x60)]).toEqual([0x3c, 0xa5]);
    out(0x21, 0x01);
    out(0x70, 0x0b);
    out(0x71, 0x12);
    rig.advance(1e9);
    expect(serve()).toBe(0x38);
  });

  it("has FERR# on IRQ 13, and IGNNE# from port 0xF0", () => {
    initializePics();
    board.coprocessorError.setError(true);
    expect([serve(), ignne]).toEqual([0x3d, []]);
    out(0xf0, 0);
    board.coprocessorError.setError(false);
    expect([board.pic.intr, ignne]).toEqual([false, [true, false]]);
  });

  it("measures time against channel 2 through port 0x61, as kernels do", () => {
    out(0x61, 0x01);
    out(0x43, 0xb0);
    out(0x42, 0x9b, 0x2e);
    const start = rig.ns;
    while ((read(0x61) & 0x20) === 0) rig.ns += 1000;
    expect(rig.ns - start).toBeGreaterThan(9_999_000);
    expect(rig.ns - start).toBeLessThan(10_003_000);
  });

  it("toggles the refresh bit every 15 microseconds", () => {
    let toggles = 0;
    let last = read(0x61) & 0x10;
    for (let i = 0; i < 10_000; i++) {
      rig.ns += 1000;
      const now = read(0x61) & 0x10;
      if (now !== last) toggles++;
      last = now;
    }
    expect(toggles).toBe(662);
  });

  it("passes A20 when either gate is open", () => {
    out(0x64, 0xdd);
    expect([board.a20, a20]).toEqual([false, [false]]);
    out(0x92, 0x02);
    expect([board.a20, a20]).toEqual([true, [false, true]]);
    out(0x64, 0xdf);
    out(0x92, 0x00);
    expect([board.a20, a20]).toEqual([true, [false, true]]);
  });

  it("names what reset it", () => {
    out(0x64, 0xfe);
    out(0x92, 0x01);
    out(0xcf9, 0x06);
    expect(resets).toEqual(["keyboard_controller", "port_92", "port_cf9"]);
  });

  it("reads all ones where there is no PCI", () => {
    board.ports.write(0xcf8, 4, 0x80000000);
    expect([board.ports.read(0xcf8, 4), board.ports.read(0xcfc, 4)]).toEqual([0xffffffff, 0xffffffff]);
  });

  it("is as new after a reset, but for the clock and its memory", () => {
    initializePics();
    out(0x64, 0xdd);
    out(0x3fb, 0x03);
    out(0x3fc, 0x0b);
    out(0x3f9, 0x0f);
    board.serial[0].receive(Uint8Array.of(1));
    board.keyboardController.keyDown(0x1e);
    out(0x92, 0x01);
    out(0x70, 0x40);
    out(0x71, 0x77);
    rig.advance(3e9);
    board.reset();
    expect([board.pic.intr, board.a20, read(0x3fd), read(0x64), read(0x92)]).toEqual([false, true, 0x60, 0x14, 0]);
    out(0x70, 0x40);
    expect(read(0x71)).toBe(0x77);
    out(0x70, 0x00);
    expect(read(0x71)).toBe(0x03);
    initializePics();
    expect(board.pic.intr).toBe(false);
    rig.advance(60e6);
    expect(serve()).toBe(0x30);
  });
});

describe("board saved", () => {
  it("tells INTR, IGNNE# and A20 when it is restored", () => {
    initializePics();
    board.coprocessorError.setError(true);
    serve();
    out(0xf0, 0);
    out(0x64, 0xdd);
    board.keyboardController.keyDown(0x1e);
    const state = JSON.parse(JSON.stringify(board.save()));
    const other = new Rig();
    other.ns = rig.ns;
    board = makeBoard(other);
    [intr, a20, ignne] = [[], [], []];
    board.restore(state);
    expect([intr, a20, board.a20, ignne]).toEqual([[true], [false], false, [true]]);
    expect(serve()).toBe(0x31);
  });

  it("refuses a state that isn't one, and stays what it was", () => {
    const before = JSON.stringify(board.save());
    const state = board.save();
    state.pic.master.lowest = 8;
    for (const bad of [undefined, {}, { ...board.save(), version: 2 }, { ...board.save(), serial: [] }, state]) {
      expect(() => board.restore(bad)).toThrow(SavedStateError);
    }
    expect(JSON.stringify(board.save())).toBe(before);
  });
});
