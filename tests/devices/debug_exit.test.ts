import { expect, it } from "vitest";
import type { AccessSize } from "../../src/vmm/devices/bus.js";
import { DebugExit } from "../../src/vmm/devices/debug_exit/device.js";
import { Rig } from "./rig.js";

const exitCodes: [value: number, size: AccessSize, code: number][] = [
  [0, 1, 1],
  [0x10, 1, 0x21],
  [0x7f, 1, 0xff],
  [0x80, 1, 1],
  [0x0015, 2, 0x2b],
  [0xff_0015, 4, 0x2b],
  [0xffff_ffff, 4, 0xff],
];

it.each(exitCodes)("debug exit (0xF4): a write of 0x%x, %i bytes wide, gives exit code %i", (value, size, code) => {
  const rig = new Rig();
  const codes: number[] = [];
  new DebugExit((given) => codes.push(given)).attach(rig.bus);
  expect([rig.bus.read(0xf4, 1), rig.bus.read(0xf4, 2), rig.bus.read(0xf4, 4)]).toEqual([0xff, 0xffff, 0xffff_ffff]);
  expect(codes, "reading ends nothing").toEqual([]);
  rig.bus.write(0xf4, size, value);
  expect(codes).toEqual([code]);
});
