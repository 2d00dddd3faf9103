import { beforeEach, describe, expect, it } from "vitest";
import { SystemControl, type TimerPins } from "../../src/vmm/devices/system_control/device.js";
import { Rig } from "./rig.js";

let rig: Rig;
let control: SystemControl;
let timer: { -readonly [K in keyof TimerPins]: TimerPins[K] };
let resets: number;

beforeEach(() => {
  rig = new Rig();
  resets = 0;
  timer = { gate2: false, out2: false, refresh: false };
  control = new SystemControl({ timer, onReset: () => resets++, onA20: () => {} });
  control.attach(rig.bus);
});

describe("system control port B (0x61)", () => {
  it("drives the gate of timer channel 2 and keeps the speaker bit", () => {
    rig.out(0x61, 0x03);
    expect([timer.gate2, rig.in(0x61)]).toEqual([true, 0x03]);
    rig.out(0x61, 0xf0);
    expect([timer.gate2, rig.in(0x61)]).toEqual([false, 0]);
  });

  it("shows the output of channel 2 and the refresh toggle", () => {
    timer.out2 = true;
    expect(rig.in(0x61)).toBe(0x20);
    timer.out2 = false;
    timer.refresh = true;
    expect(rig.in(0x61)).toBe(0x10);
  });
});

describe("system control port A (0x92)", () => {
  it("opens and closes A20", () => {
    rig.out(0x92, 0x02);
    expect([control.a20, rig.in(0x92)]).toEqual([true, 0x02]);
    rig.out(0x92, 0x00);
    expect([control.a20, rig.in(0x92)]).toEqual([false, 0x00]);
  });

  it("resets the machine when bit 0 rises", () => {
    rig.out(0x92, 0x01, 0x01);
    expect(resets).toBe(1);
    rig.out(0x92, 0x00, 0x01);
    expect(resets).toBe(2);
  });
});
