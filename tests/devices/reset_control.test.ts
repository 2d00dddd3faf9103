import { expect, it } from "vitest";
import { ResetControl } from "../../src/vmm/devices/reset_control/device.js";
import { Rig } from "./rig.js";

it("reset control register (0xcf9): resets when bit 2 rises, in a byte access", () => {
  const rig = new Rig();
  let resets = 0;
  new ResetControl(() => resets++).attach(rig.bus);
  rig.out(0xcf9, 0xff & ~4);
  expect([resets, rig.in(0xcf9)]).toEqual([0, 0x0a]);
  rig.out(0xcf9, 0x0e, 0x0e);
  expect(resets).toBe(1);
  rig.out(0xcf9, 0x02);
  rig.bus.write(0xcf8, 4, 0x8000_0600);
  expect(resets).toBe(1);
  rig.out(0xcf9, 0x06);
  expect(resets).toBe(2);
});
