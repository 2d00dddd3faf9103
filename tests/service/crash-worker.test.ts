/** API server and worker as processes of their own, on a PostgreSQL that neither of them started. Each test leaves both running. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onEachQueue, type ScratchQueue } from "./queue-backends.js";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.js";
import { Served, Spawned, until } from "./served.js";

onEachQueue((backend) => {
  let database: ScratchDatabase;
  let queue: ScratchQueue;
  let env: Record<string, string>;
  let api: Served;
  let worker: Spawned;

  const startWorker = async () => {
    worker = new Spawned("worker", env);
    await worker.ready;
  };

  beforeAll(async () => {
    database = await scratchDatabase();
    queue = await backend(database.url);
    env = { ...queue.env, DATABASE_URL: database.url, WORLDSWITCH_DATA: database.folder };
    api = new Served(database.folder, "api", env);
    await Promise.all([api.start(), startWorker()]);
    await api.addImage();
  });
  afterAll(async () => {
    await Promise.all([api.kill("SIGKILL"), worker.kill("SIGKILL")]);
    await until(async () => (await api.vmProcesses()).length === 0);
    await queue.close();
    await database.close();
  });

  it("kill -9 of the worker: its machines end, and come back with the next one; the API server answers all the while", async () => {
    const vm = await api.running();
    await worker.kill("SIGKILL");
    await until(async () => (await api.vmProcesses()).length === 0);
    const queued = await api.create();
    expect((await api.request("GET", "/readyz")).status).toBe(200);
    await startWorker();
    expect(await api.ended(queued)).toMatchObject({ state: "succeeded" });
    expect(await api.inState(vm.id, "running")).toMatchObject({ generation: 2, stateReason: "worker_lost" });
    expect(await api.vmProcesses()).toHaveLength(2);
  });

  it("kill -9 of the worker while it creates machines: each create ends, and no machine runs twice", async () => {
    const before = (await api.vmProcesses()).length;
    const creates = await Promise.all([api.create(), api.create(), api.create()]);
    await until(async () => (await api.vmProcesses()).length > before);
    await worker.kill("SIGKILL");
    await startWorker();
    const ended = await Promise.all(creates.map((operation) => api.ended(operation)));
    for (const { state, error } of ended) if (state !== "succeeded") expect([state, error?.code]).toEqual(["failed", "worker_lost"]);
    const vms = await Promise.all((await api.vms()).map(({ id }) => api.inState(id, "running", "error")));
    expect(await api.vmProcesses()).toHaveLength(vms.filter(({ state }) => state === "running").length);
  });

  it("kill -9 of the API server: machines don't notice", async () => {
    const vm = await api.running();
    const pid = await api.vmProcess(vm);
    await api.kill("SIGKILL");
    await api.start();
    expect(await api.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
    expect(await api.vmProcess(vm)).toBe(pid);
    expect(await api.act(vm, "stop")).toMatchObject({ state: "succeeded" });
  });

  it("a second worker of the same host is refused, and harms nobody", async () => {
    const vm = await api.running();
    const beingFetched = join(database.folder, "fetched", "incoming", "a file");
    await writeFile(beingFetched, "the first half");
    const second = new Spawned("worker", env);
    expect((await second.ended).code).toBe(1);
    expect(second.stderr.join("\n")).toMatch(/another worker is working for this host/);
    expect(await api.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
    await api.vmProcess(vm);
    expect(await readFile(beingFetched, "utf8")).toBe("the first half");
  });
});
