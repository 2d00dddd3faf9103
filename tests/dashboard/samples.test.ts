/** What charts are drawn from: rates out of cumulative counters, of one start of a machine at a time. */
import type { VmStats } from "@worldswitch/client";
import { expect, it } from "vitest";
import { modes, speed } from "../../clients/dashboard/src/machine/figures.js";
import { seriesOf, timeline, withHistory, withSample } from "../../clients/dashboard/src/machine/samples.js";

const mode = (instructions: number) => ({ instructions, entries: 0, timeUs: 0 });

function sample(second: number, instructions: number | null, { generation = 1, direct = 0 } = {}): VmStats {
  const atMs = Date.UTC(2026, 0, 1) + second * 1000;
  const stats = instructions !== null && {
    atMs,
    cpu: { instructions },
    modes: { directExecution: mode(direct), binaryTranslation: mode(instructions - direct) },
  };
  return { time: new Date(atMs).toISOString(), state: "running", generation, stats: stats || null } as VmStats;
}

function drawn(figure: typeof speed, samples: VmStats[], span: "minutes" | "hour" = "minutes") {
  return seriesOf(figure, timeline(samples, span)).map(({ values }) => values);
}

it("a rate is the growth between two samples by the time between them", () => {
  expect(drawn(speed, [sample(0, 100), sample(1, 300), sample(3, 1300)])).toEqual([[200, 500]]);
});

it("a share is that of the growth, and of nothing it is none", () => {
  const samples = [sample(0, 100), sample(1, 200, { direct: 25 }), sample(2, 200, { direct: 25 })];
  expect(drawn(modes, samples)).toEqual([
    [0.25, 0],
    [0.75, 1],
  ]);
});

it("between two starts, and while it is off, there is a gap instead of a fall", () => {
  const samples = [sample(0, 500), sample(1, 600), sample(2, null), sample(3, 50, { generation: 2 }), sample(4, 80, { generation: 2 })];
  expect(drawn(speed, samples)).toEqual([[100, null, null, 30]]);
});

it("history comes before what was seen live, once", () => {
  const live = [sample(20, 3), sample(21, 4)];
  const all = withHistory(live, [sample(0, 1), sample(10, 2), sample(20, 3)]);
  expect(all.map(({ stats }) => stats?.cpu.instructions)).toEqual([1, 2, 3, 4]);
});

it("a sample that comes twice is drawn once, and one of more than an hour ago no longer", () => {
  const once = withSample(withSample([], sample(0, 1)), sample(0, 1));
  expect(once).toHaveLength(1);
  expect(withSample(once, sample(2 * 3600, 2))).toHaveLength(1);
});

it("an hour is drawn in steps of about ten seconds", () => {
  const samples = Array.from({ length: 101 }, (_, second) => sample(second, second * 7));
  const [values] = drawn(speed, samples, "hour");
  expect(values.length).toBeLessThan(15);
  expect(new Set(values)).toEqual(new Set([7]));
});
