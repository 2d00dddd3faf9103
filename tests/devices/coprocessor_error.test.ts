import { beforeEach, describe, expect, it } from "vitest";
import { CoprocessorError } from "../../src/vmm/devices/coprocessor_error/device.js";
import { Rig } from "./rig.js";

let rig: Rig;
let device: CoprocessorError;
let seen: string[];

beforeEach(() => {
  rig = new Rig();
  seen = [];
  device = new CoprocessorError({ irq: (level) => seen.push(`irq ${level}`), onIgnore: (level) => seen.push(`ignore ${level}`) });
  device.attach(rig.bus);
});

/** SDM vol. 1, appendix D.2.1, figure D-2. */
describe("coprocessor error port (0xF0)", () => {
  it("latches FERR# as an interrupt request that outlives it", () => {
    device.setError(true);
    device.setError(false);
    expect(seen).toEqual(["irq true"]);
    rig.out(0xf0, 0);
    expect(seen).toEqual(["irq true", "irq false"]);
  });

  it("ends the request and asserts IGNNE# when it is written, until FERR# goes", () => {
    device.setError(true);
    rig.out(0xf0, 0);
    expect([seen, device.ignored]).toEqual([["irq true", "irq false", "ignore true"], true]);
    device.setError(false);
    expect([seen.at(-1), device.ignored]).toEqual(["ignore false", false]);
  });

  it("asserts IGNNE# only while FERR# is active", () => {
    rig.out(0xf0, 0);
    expect([seen, device.ignored]).toEqual([[], false]);
  });

  it("requests again for the next error", () => {
    device.setError(true);
    rig.out(0xf0, 0);
    device.setError(false);
    device.setError(true);
    expect(seen.filter((what) => what === "irq true")).toHaveLength(2);
  });

  it("reads as nothing", () => {
    expect(rig.in(0xf0)).toBe(0xff);
  });

  it("lets go of both lines on reset", () => {
    device.setError(true);
    rig.out(0xf0, 0);
    device.setError(false);
    device.setError(true);
    seen = [];
    device.reset();
    expect(seen).toEqual(["irq false"]);
    device.setError(true);
    rig.out(0xf0, 0);
    seen = [];
    device.reset();
    expect(seen).toEqual(["ignore false"]);
  });
});
