import { afterAll, beforeAll, expect, it } from "vitest";
import { readEnvironment } from "../../src/command/environment.js";
import { hostMemoryMiB } from "../../src/worker/host-memory.js";
import { startInstallation, type WorkerInstallation } from "./worker-installation.js";

const GiB = 1024 ** 3;

let installation: WorkerInstallation;
beforeAll(async () => {
  installation = await startInstallation({ memoryMiB: 100 });
});
afterAll(() => installation?.close());

it.each([
  ["the host's where there is no container", 0, 8192],
  ["the host's where its container has no limit", 2 ** 64, 8192],
  ["its container's where that is less", GiB / 2, 512],
])("a worker's memory is %s", (_whose, limit, expected) => {
  expect(hostMemoryMiB(8 * GiB, limit)).toBe(expected);
});

it("a worker that is told its share has no machines beyond it", async () => {
  expect(readEnvironment({ WORLDSWITCH_MEMORY_MIB: "100" }).memoryMiB).toBe(100);
  const fits = await installation.created("", { memoryMiB: 64 });
  expect(fits.operation.state).toBe("succeeded");
  const { operation } = await installation.created("", { memoryMiB: 64 });
  expect(operation).toMatchObject({ state: "failed", error: { code: "no_host" } });
});
