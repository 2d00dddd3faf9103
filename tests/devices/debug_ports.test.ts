import { beforeEach, expect, it } from "vitest";
import { DebugPorts } from "../../src/vmm/devices/debug_ports/device.js";
import { Post } from "../../src/vmm/devices/post/device.js";
import { Rig } from "./rig.js";

let rig: Rig;
let heard: number[];
beforeEach(() => {
  rig = new Rig();
  heard = [];
  new Post().attach(rig.bus);
  new DebugPorts([0xe9, 0x80, 0x190, 0xe9], (byte) => heard.push(byte)).attach(rig.bus);
});

it("debug ports: hear bytes in the order in which they are written, whichever port it was", () => {
  rig.out(0xe9, 0x61, 0x62);
  rig.out(0x190, 0x63);
  rig.out(0x191, 0x64);
  rig.out(0xe9, 0x65);
  expect(heard).toEqual([0x61, 0x62, 0x63, 0x65]);
});

it("debug ports: read as 0xE9, by which firmware finds them", () => {
  expect([rig.in(0xe9), rig.in(0x190)]).toEqual([0xe9, 0xe9]);
});

it("debug ports: are a byte wide; of a wider access they hear the byte that is theirs where it begins there", () => {
  rig.bus.write(0xe9, 4, 0x44332211);
  rig.bus.write(0xe8, 2, 0x2211);
  expect(heard).toEqual([0x11]);
});

it("debug ports: overhear a device that is there already, and leave it alone", () => {
  rig.out(0x80, 0x42);
  expect(heard).toEqual([0x42]);
  expect(rig.in(0x80)).toBe(0x42);
});
