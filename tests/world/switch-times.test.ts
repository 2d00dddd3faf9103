import { expect, it } from "vitest";
import { SWITCH_TIMES_BYTES, SwitchTimes } from "../../src/world/switch-times.js";

it("counts world switches by reason, with their time and a histogram of it", () => {
  const buffer = new SharedArrayBuffer(SWITCH_TIMES_BYTES);
  const vmm = new SwitchTimes(buffer, 0);
  for (const us of [0.5, 1, 3, 3.9, 1e12]) vmm.add("halt", us);
  const { halt, output } = new SwitchTimes(buffer, 0).read();
  expect(halt).toMatchObject({ count: 5, timeUs: 1e12 + 8 });
  expect(halt.histogramUs.slice(0, 4)).toEqual([1, 1, 2, 0]);
  expect(halt.histogramUs.at(-1)).toBe(1);
  expect(output.count).toBe(0);
});
