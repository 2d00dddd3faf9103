import { describe, expect, it } from "vitest";
import type { VmStats, VmStatsHistory } from "../../src/contract/stats.js";
import { StatsHistory } from "../../src/worker/stats-history.js";

const start = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number) => start + seconds * 1000;

/** A sample that can be told by its generation. */
function sample(seconds: number, generation = seconds): VmStats {
  return { time: new Date(at(seconds)).toISOString(), state: "running", generation, stats: null };
}

async function generations(history: StatsHistory, vmId: string, now: number): Promise<number[]> {
  const { items } = JSON.parse(await history.read(vmId, now)) as VmStatsHistory;
  return items.map(({ generation }) => generation);
}

describe("the history of a machine's statistics", () => {
  it("is its samples as they were, oldest first", async () => {
    const history = new StatsHistory(10_000);
    history.add("vm_1", sample(0));
    history.add("vm_1", sample(10));
    history.add("vm_2", sample(11));
    expect(JSON.parse(await history.read("vm_1", at(12)))).toEqual({ intervalSeconds: 10, items: [sample(0), sample(10)] });
    expect(JSON.parse(await history.read("vm_none", at(12)))).toEqual({ intervalSeconds: 10, items: [] });
  });

  it("reaches back an hour, in 360 samples", async () => {
    const history = new StatsHistory(10_000);
    for (let second = 0; second <= 7200; second += 10) history.add("vm_1", sample(second));
    const kept = await generations(history, "vm_1", at(7200));
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([360, 3610, 7200]);
    expect(await generations(history, "vm_1", at(7200 + 3000))).toHaveLength(60);
  });

  it("is written once for all who ask between two samples", async () => {
    const history = new StatsHistory(10_000);
    history.add("vm_1", sample(0));
    const first = history.read("vm_1", at(1));
    expect(history.read("vm_1", at(2))).toBe(first);
    history.add("vm_1", sample(10));
    expect(await generations(history, "vm_1", at(11))).toEqual([0, 10]);
    // The first of the two is an hour old, and no other has come.
    expect(await generations(history, "vm_1", at(3605))).toEqual([10]);
  });

  it("is written again for whoever comes after many others", async () => {
    const history = new StatsHistory(10_000);
    for (let vm = 0; vm < 20; vm++) history.add(`vm_${vm}`, sample(0));
    const first = history.read("vm_0", at(1));
    for (let vm = 1; vm < 20; vm++) await history.read(`vm_${vm}`, at(1));
    const again = history.read("vm_0", at(1));
    expect(again).not.toBe(first);
    expect(await again).toBe(await first);
  });

  it("of a machine that has stopped is gone an hour later, and of one that is deleted at once", async () => {
    const history = new StatsHistory(10_000);
    history.add("vm_1", sample(0));
    history.add("vm_2", sample(0));
    history.tidy(at(3599));
    expect(await generations(history, "vm_1", at(3599))).toEqual([0]);
    history.forget("vm_1");
    expect(await generations(history, "vm_1", at(3599))).toEqual([]);
    history.tidy(at(3600));
    expect(await generations(history, "vm_2", at(1))).toEqual([]);
  });

  it("keeps no sample beyond all measure, which only a broken VM process sends", async () => {
    const history = new StatsHistory(10_000);
    const flood = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`reason-${n}`, { count: 1, timeUs: 1, histogramUs: [] }]));
    history.add("vm_1", { ...sample(0), stats: { worldSwitches: flood } as unknown as VmStats["stats"] });
    expect(await generations(history, "vm_1", at(1))).toEqual([]);
  });
});
