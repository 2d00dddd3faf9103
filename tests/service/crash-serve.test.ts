import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Operation, Served, until } from "./served.js";
import { startTarget, status } from "./webhook-target.js";

/** One installation, whose server is killed and started again and again. Each test leaves it running. */
let folder: string;
let served: Served;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-crash-"));
  served = new Served(folder, "serve", { WORLDSWITCH_WEBHOOK_ALLOW: "127.0.0.1" });
  await served.start();
  await served.addImage();
});
afterAll(async () => {
  await served.kill("SIGKILL");
  await until(async () => (await served.vmProcesses()).length === 0 && !(await postgresLives()));
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  const vms = await served.vms();
  await Promise.all(vms.map(async ({ id }) => served.ended((await served.request("DELETE", `/v1/vms/${id}`)).body as Operation)));
  expect(await served.vmProcesses()).toEqual([]);
});

async function postgresLives(): Promise<boolean> {
  try {
    process.kill(await served.postgresPid(), 0);
    return true;
  } catch {
    return false;
  }
}

/** What must hold after any crash, once the server runs again. */
async function allIsWell(): Promise<void> {
  for (const operation of await served.operations()) {
    const { state, error } = await served.ended(operation);
    if (state === "failed") expect(error?.code).toBe("worker_lost");
  }
  const vms = await Promise.all((await served.vms()).map(({ id }) => served.inState(id, "running", "stopped", "error")));
  for (const vm of vms) if (vm.state === "error") expect(vm.stateReason).toBe("worker_lost");
  const running = vms.filter(({ state }) => state === "running");
  expect(await served.vmProcesses()).toHaveLength(running.length);
  for (const vm of running) await served.vmProcess(vm);
}

it("kill -9 of the server: nothing is left running, and machines come back", async () => {
  const [first, second] = await Promise.all([served.running(), served.running()]);
  await served.act(second, "stop");
  await served.kill("SIGKILL");
  await until(async () => (await served.vmProcesses()).length === 0);
  await served.start();
  await allIsWell();
  expect(await served.vm(first.id)).toMatchObject({ state: "running", stateReason: "worker_lost", generation: 2 });
  expect(await served.vm(second.id)).toMatchObject({ state: "stopped", generation: 1 });
});

it("kill -9 of the server while it posts to a webhook: the event is posted again", async () => {
  const target = await startTarget();
  target.answer(() => {});
  const { body } = await served.request("POST", "/v1/webhooks", { url: target.url, types: ["vm.created"] });
  const operation = await served.create({ start: false });
  const [cutOff] = await target.got(1);
  await served.kill("SIGKILL");
  target.answer(status(204));
  await served.start();
  const [, again] = await target.got(2);
  expect(again.event.subject).toBe(operation.resources.vm);
  expect(again.headers["webhook-id"]).toBe(cutOff.headers["webhook-id"]);
  await served.request("DELETE", `/v1/webhooks/${(body as { id: string }).id}`);
  await target.close();
});

it("kill -9 of the server while machines are being created, started, stopped and deleted", async () => {
  const [stopping, deleting, stopped] = await Promise.all([served.running(), served.running(), served.running()]);
  await served.act(stopped, "stop");
  const before = await served.vms();
  await Promise.all([
    served.create(),
    served.create(),
    served.request("POST", `/v1/vms/${stopping.id}/stop`),
    served.request("DELETE", `/v1/vms/${deleting.id}`),
    served.request("POST", `/v1/vms/${stopped.id}/start`),
  ]);
  await served.kill("SIGKILL");
  await served.start();
  await allIsWell();
  expect(await served.vms()).toHaveLength(before.length + 1);
  expect(await served.vm(stopping.id)).toMatchObject({ state: "stopped" });
  expect((await served.request("GET", `/v1/vms/${deleting.id}`)).status).toBe(404);
  // And it works on.
  expect((await served.running()).state).toBe("running");
});

it("kill -9 of a server that is starting up again", async () => {
  await served.running();
  await served.kill("SIGKILL");
  for (const line of ["found running without a worker", "operation begun"]) {
    const starting = served.start();
    await until(async () => served.log.some((text) => text.includes(line)) || (await settled(starting)));
    await served.kill("SIGKILL");
    await starting.catch(() => {});
  }
  await served.start();
  await allIsWell();
});

async function settled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}

it("kill -9 of a VM process ends that machine, and no other", async () => {
  const [hit, spared] = await Promise.all([served.running(), served.running()]);
  process.kill(await served.vmProcess(hit), "SIGKILL");
  expect(await served.inState(hit.id, "error")).toMatchObject({ stateReason: "vm_process_lost", generation: 1 });
  expect(await served.act(spared, "pause")).toMatchObject({ state: "succeeded" });
  expect(await served.vm(spared.id)).toMatchObject({ state: "paused", generation: 1 });
  expect(await served.act(hit, "start")).toMatchObject({ state: "succeeded" });
});

it("kill -9 of PostgreSQL under a live server: the server goes on, and so do the machines", async () => {
  const vm = await served.running();
  const creating = await served.create();
  process.kill(await served.postgresPid(), "SIGKILL");
  await until(
    async () => (await served.request("GET", "/readyz")).status === 200 && served.log.some((line) => line.includes("was started again")),
  );
  expect(await served.ended(creating)).toMatchObject({ state: "succeeded" });
  expect(await served.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
  expect(await served.act(vm, "stop")).toMatchObject({ state: "succeeded" });
  expect((await served.running()).state).toBe("running");
});

it("SIGTERM stops the machines and leaves nothing behind", async () => {
  const vm = await served.running();
  expect(await served.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(await served.vmProcesses()).toEqual([]);
  expect(await postgresLives()).toBe(false);
  await served.start();
  expect(await served.vm(vm.id)).toMatchObject({ state: "stopped", stateReason: "server_stopped", generation: 1 });
  await allIsWell();
});

it("a second SIGTERM ends it at once, and nothing is left behind", async () => {
  await served.running();
  void served.kill("SIGTERM");
  await until(async () => served.log.some((line) => line.includes('"closing"')));
  expect((await served.kill("SIGTERM")).code).toBe(130);
  await until(async () => (await served.vmProcesses()).length === 0 && !(await postgresLives()));
  await served.start();
  await allIsWell();
});
