import { beforeEach, describe, expect, it } from "vitest";
import { KeyboardController } from "../../src/vmm/devices/keyboard_controller/device.js";
import { DELETE, PAUSE, PRINT_SCREEN, scanCodes, translate } from "../../src/vmm/devices/keyboard_controller/scan_codes.js";
import { Rig } from "./rig.js";

let rig: Rig;
let controller: KeyboardController;
let irq: Record<1 | 12, boolean>;
let edges: Record<1 | 12, number>;
let resets: number;

beforeEach(() => {
  rig = new Rig();
  irq = { 1: false, 12: false };
  edges = { 1: 0, 12: 0 };
  resets = 0;
  const line = (number: 1 | 12) => (asserted: boolean) => {
    if (asserted && !irq[number]) edges[number]++;
    irq[number] = asserted;
  };
  controller = new KeyboardController({ keyboardIrq: line(1), auxIrq: line(12), onReset: () => resets++, onA20: () => {} });
  controller.attach(rig.bus);
});

/** Everything that there is to read now. */
function drain(): number[] {
  const bytes: number[] = [];
  while ((rig.in(0x64) & 1) !== 0) bytes.push(rig.in(0x60));
  return bytes;
}
function command(...bytes: number[]): number[] {
  rig.out(0x64, bytes[0]);
  rig.out(0x60, ...bytes.slice(1));
  return drain();
}
function keyboard(...bytes: number[]): number[] {
  rig.out(0x60, ...bytes);
  return drain();
}

describe("8042 controller", () => {
  it("passes its tests", () => {
    expect(command(0xaa)).toEqual([0x55]);
    expect(command(0xab)).toEqual([0x00]);
    expect(command(0xa9)).toEqual([0x00]);
    expect(command(0xa4)).toEqual([0xf1]);
  });

  it("starts as firmware leaves it, with nothing to read", () => {
    expect(rig.in(0x64)).toBe(0x14);
    expect(command(0x20)).toEqual([0x65]);
  });

  it("keeps its command byte and memory, and shows the system flag", () => {
    expect(command(0x60, 0x03)).toEqual([]);
    expect(rig.in(0x64) & 4).toBe(0);
    expect(command(0x20)).toEqual([0x03]);
    command(0x7f, 0x5a);
    expect(command(0x3f)).toEqual([0x5a]);
  });

  it("says whether the last byte was a command or data", () => {
    rig.out(0x64, 0xae);
    expect(rig.in(0x64) & 8).toBe(8);
    rig.out(0x60, 0xf4);
    expect(rig.in(0x64) & 8).toBe(0);
  });

  it("turns the interfaces on and off in the command byte", () => {
    command(0xad);
    command(0xa8);
    expect(command(0x20)).toEqual([0x55]);
    command(0xa7);
    command(0xae);
    expect(command(0x20)).toEqual([0x65]);
  });

  it("echoes on either output, with its interrupt when that is enabled", () => {
    rig.out(0x64, 0xd3);
    rig.out(0x60, 0x5a);
    expect([rig.in(0x64) & 0x21, irq[12], rig.in(0x60)]).toEqual([0x21, false, 0x5a]);
    command(0x60, 0x47);
    rig.out(0x64, 0xd3);
    rig.out(0x60, 0xa5);
    expect([irq[12], irq[1]]).toEqual([true, false]);
    expect([rig.in(0x60), irq[12]]).toEqual([0xa5, false]);
    rig.out(0x64, 0xd2);
    rig.out(0x60, 0x1c);
    expect([rig.in(0x64) & 0x21, irq[1], rig.in(0x60)]).toEqual([0x01, true, 0x1c]);
  });

  it("answers for the absent auxiliary device at once, with a timeout", () => {
    rig.out(0x64, 0xd4);
    rig.out(0x60, 0xf2);
    expect([rig.in(0x64) & 0x61, rig.in(0x60), rig.in(0x64) & 0x61]).toEqual([0x61, 0xfe, 0]);
  });

  it("opens and closes A20 by output port and by command", () => {
    expect(controller.a20).toBe(true);
    command(0xd1, 0xdd);
    expect(controller.a20).toBe(false);
    command(0xdf);
    expect([controller.a20, command(0xd0)]).toEqual([true, [0xcf]]);
    command(0xdd);
    expect(controller.a20).toBe(false);
  });

  it("resets the machine by a pulse or by the output port", () => {
    command(0xff);
    expect(resets).toBe(0);
    command(0xfe);
    expect(resets).toBe(1);
    command(0xd1, 0xfe);
    expect(resets).toBe(2);
    expect(command(0xd0)[0] & 1).toBe(1);
  });
});

describe("PS/2 keyboard", () => {
  it("passes its self-test after a reset", () => {
    expect(keyboard(0xff)).toEqual([0xfa, 0xaa]);
  });

  it("identifies itself, translated or not", () => {
    expect(keyboard(0xf2)).toEqual([0xfa, 0xab, 0x41]);
    command(0x60, 0x01);
    expect(keyboard(0xf2)).toEqual([0xfa, 0xab, 0x83]);
  });

  it("takes LEDs and typematic rate, echoes, and refuses what is no command", () => {
    expect(keyboard(0xed, 0x02)).toEqual([0xfa, 0xfa]);
    expect(controller.leds).toBe(2);
    expect(keyboard(0xf3, 0x00)).toEqual([0xfa, 0xfa]);
    expect(keyboard(0xee)).toEqual([0xee]);
    expect(keyboard(0x05)).toEqual([0xfe]);
    expect(keyboard(0xf7)).toEqual([0xfa]);
    expect(keyboard(0xfb, 0x1c, 0x1b)).toEqual([0xfa, 0xfa, 0xfa]);
  });

  it("takes a command where a parameter was due", () => {
    expect(keyboard(0xed, 0xf2)).toEqual([0xfa, 0xfa, 0xab, 0x41]);
  });

  it("repeats its last byte when asked", () => {
    keyboard(0xee);
    expect(keyboard(0xfe)).toEqual([0xee]);
  });

  it("sends a key in set 2, which the controller translates to set 1", () => {
    controller.keyDown(0x1e);
    controller.keyUp(0x1e);
    controller.keyDown(0xe04b);
    controller.keyUp(0xe04b);
    expect(drain()).toEqual([0x1e, 0x9e, 0xe0, 0x4b, 0xe0, 0xcb]);
    command(0x60, 0x01);
    controller.keyDown(0x1e);
    controller.keyUp(0x1e);
    controller.keyUp(0xe04b);
    expect(drain()).toEqual([0x1c, 0xf0, 0x1c, 0xe0, 0xf0, 0x6b]);
  });

  it("sends in the set that was chosen, and tells which", () => {
    command(0x60, 0x01);
    expect(keyboard(0xf0, 0)).toEqual([0xfa, 0xfa, 2]);
    expect(keyboard(0xf0, 1)).toEqual([0xfa, 0xfa]);
    controller.keyDown(DELETE);
    controller.keyUp(DELETE);
    expect(drain()).toEqual([0xe0, 0x53, 0xe0, 0xd3]);
    expect(keyboard(0xf0, 3)).toEqual([0xfa, 0xfa]);
    controller.keyDown(DELETE);
    controller.keyUp(DELETE);
    expect(drain()).toEqual([0x64, 0xf0, 0x64]);
    expect(keyboard(0xf0, 4)).toEqual([0xfa, 0xfe]);
  });

  it("interrupts for every byte, with an edge each", () => {
    controller.keyDown(DELETE);
    expect([irq[1], edges[1]]).toEqual([true, 1]);
    expect([rig.in(0x60), irq[1], edges[1]]).toEqual([0xe0, true, 2]);
    expect([rig.in(0x60), irq[1]]).toEqual([0x53, false]);
  });

  it("waits while its interface is off, and a byte for it turns that on", () => {
    command(0xad);
    controller.keyDown(0x1e);
    expect(drain()).toEqual([]);
    expect(keyboard(0xee)).toEqual([0x1e, 0xee]);
    expect(command(0x20)[0] & 0x10).toBe(0);
  });

  it("takes no keys while it doesn't scan, or has too many unread", () => {
    keyboard(0xf5);
    expect(controller.keyDown(0x1e)).toBe(false);
    keyboard(0xf4);
    let taken = 0;
    while (controller.ctrlAltDel()) taken++;
    expect(taken).toBeGreaterThan(1);
    expect(drain()).toHaveLength(taken * 8);
    expect(controller.keyDown(0x1e)).toBe(true);
  });

  it("presses Ctrl-Alt-Del and lets go in the reverse order", () => {
    expect(controller.ctrlAltDel()).toBe(true);
    expect(drain()).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  });

  it("goes on from a saved state, in the middle of a key", () => {
    command(0xad);
    controller.ctrlAltDel();
    rig.out(0x64, 0x60);
    const state = JSON.parse(JSON.stringify(controller.save()));
    const other = new Rig();
    const copy = new KeyboardController({ keyboardIrq: () => {}, auxIrq: () => {}, onReset: () => {}, onA20: () => {} });
    copy.attach(other.bus);
    copy.restore(state);
    expect(copy.save()).toEqual(state);
    other.out(0x60, 0x45);
    rig = other;
    expect(drain()).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  });
});

describe("scan codes", () => {
  const translated = (codes: readonly number[]) => {
    const out: number[] = [];
    let breaking = 0;
    for (const code of codes) {
      if (code === 0xf0) breaking = 0x80;
      else {
        out.push(translate(code) | breaking);
        breaking = 0;
      }
    }
    return out;
  };
  const keys = [
    ...Array.from({ length: 0x58 }, (_, i) => i + 1),
    ...[0x1c, 0x1d, 0x35, 0x38, 0x47, 0x48, 0x53, 0x5b].map((code) => 0xe000 | code),
  ];

  it.each([...keys, PAUSE, PRINT_SCREEN])("set 2 of key 0x%s translates to its set 1", (key) => {
    for (const down of [true, false]) expect(translated(scanCodes(key, down, 2))).toEqual(scanCodes(key, down, 1));
  });

  it("has one code for every key of set 3, and no two keys share one", () => {
    const pc = keys.filter((key) => key < 0x54 || key > 0x55);
    const codes = pc.map((key) => scanCodes(key, true, 3));
    expect(codes.every((bytes) => bytes.length === 1)).toBe(true);
    expect(new Set(codes.map(([code]) => code)).size).toBe(pc.length);
  });

  it("has none for what is no key", () => {
    for (const key of [0, 0x80, 0xff, 0x1e1e, 0xe080, -1, 1e9]) {
      for (const set of [1, 2, 3]) expect(scanCodes(key, true, set)).toEqual([]);
    }
  });
});
