import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Served } from "./served.js";

let folder: string;
let served: Served;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-metrics-"));
  served = new Served(folder);
  await served.start();
});
afterAll(async () => {
  await served.kill("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

/** Value of a metric with these labels beside `host`; NaN: not there. */
function value(metrics: string, name: string, labels: Record<string, string> = {}): number {
  const line = metrics.split("\n").find((line) => {
    return (
      line.startsWith(`worldswitch_machine_${name}{`) && Object.entries(labels).every(([key, text]) => line.includes(`${key}="${text}"`))
    );
  });
  return Number(line?.split(" ")[1]);
}

it("/metrics has what machines have done, by host, and keeps it when they end", async () => {
  expect(await served.metrics()).not.toContain("worldswitch_machine_instructions_total{");
  await served.addImage();
  const vm = await served.running();
  const running = await served.metrics();
  expect(running).toContain(`host="${await served.hostId()}"`);
  const instructions = value(running, "instructions_total", { mode: "binaryTranslation" });
  expect(instructions).toBeGreaterThan(0);
  expect(value(running, "world_switch_seconds_count", { reason: "load" })).toBe(1);
  expect(value(running, "world_switch_seconds_bucket", { reason: "load", le: "+Inf" })).toBe(1);
  expect(value(running, "world_switch_seconds_bucket", { reason: "load", le: "0.000001" })).toBe(0);
  expect(value(running, "translator_exits_total", { cause: "jump" })).toBeGreaterThanOrEqual(0);

  await served.act(vm, "stop");
  const stopped = await served.metrics();
  expect(value(stopped, "instructions_total", { mode: "binaryTranslation" })).toBeGreaterThanOrEqual(instructions);
  expect(value(stopped, "world_switch_seconds_count", { reason: "stopped" })).toBeGreaterThanOrEqual(0);
  expect(value(stopped, "translator_live_regions")).toBe(0);

  const second = await served.running();
  expect(value(await served.metrics(), "world_switch_seconds_count", { reason: "load" })).toBe(2);
  await served.act(second, "stop");
});
