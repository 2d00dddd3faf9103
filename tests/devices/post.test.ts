import { expect, it } from "vitest";
import { Post } from "../../src/vmm/devices/post/device.js";
import { Rig } from "./rig.js";

it("POST port (0x80): keeps the last byte", () => {
  const rig = new Rig();
  const post = new Post();
  post.attach(rig.bus);
  rig.out(0x80, 0x12, 0x34);
  expect([rig.in(0x80), post.code]).toEqual([0x34, 0x34]);
});
