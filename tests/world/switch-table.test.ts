import { expect, it } from "vitest";
import { switchTable } from "../../src/command/switch-table.js";
import { SWITCH_TIMES_BYTES, SwitchTimes } from "../../src/world/switch-times.js";

it("shows world switches that were taken, with powers of two that half, 90 % and 99 % of them stayed below", () => {
  const times = new SwitchTimes(new SharedArrayBuffer(SWITCH_TIMES_BYTES), 0);
  for (let i = 0; i < 89; i++) times.add("halt", 3);
  for (let i = 0; i < 10; i++) times.add("halt", 3000);
  times.add("halt", 1e9);
  times.add("load", 1e9);
  const shown = switchTable({ worldSwitches: times.read(), switchRates: { perConsoleByte: 0.25, perIdleSecond: 250 } });
  expect(shown.split("\n").map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "world switches count ms half < 90 % < 99 % <",
    "load 1 1000000.0 - - -",
    "halt 100 1000030.3 4 us 4 ms 4 ms",
    "0.250 for each console byte, 250.0 for each idle second",
    "",
  ]);
});
