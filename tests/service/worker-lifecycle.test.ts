import { afterAll, beforeAll, expect, it } from "vitest";
import { startInstallation, type WorkerInstallation } from "./worker-installation.js";

let installation: WorkerInstallation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.close());

it("takes a machine through its whole life", async () => {
  const { vm, operation } = await installation.created();
  expect(operation).toMatchObject({ kind: "vm.create", state: "succeeded", progress: 1, error: null, hostId: installation.hostId });
  expect(vm).toMatchObject({ state: "running", desiredState: "running", generation: 1, hostId: installation.hostId, stateReason: null });
  expect(vm.startedAt).not.toBeNull();

  expect(await installation.run(vm.id, "pause")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "paused", desiredState: "paused" });
  expect(await installation.run(vm.id, "resume")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", desiredState: "running" });
  expect(await installation.run(vm.id, "reset")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });

  expect(await installation.run(vm.id, "shutdown")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped", desiredState: "stopped", stateReason: "poweroff" });
  expect(await installation.run(vm.id, "start")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 2, stateReason: null });
  expect(await installation.run(vm.id, "stop")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped", stateReason: null });
  expect(await installation.worker.supervisor.live(vm.id)).toBe(undefined);

  expect(await installation.run(vm.id, "delete")).toMatchObject({ state: "succeeded" });
  expect(await installation.db.vm.findUnique({ where: { id: vm.id } })).toBeNull();
});

it("tells each step by an event, in the order in which it was committed", async () => {
  const { vm } = await installation.created();
  await installation.run(vm.id, "delete");
  const events = await installation.db.event.findMany({ where: { subject: vm.id }, orderBy: { seq: "asc" } });
  const told = events.map(({ type, data }) => (type === "vm.state" ? (data as { state: string }).state : type));
  expect(told).toEqual(["vm.created", "starting", "running", "deleting", "vm.deleted"]);
});

it("creates a machine that is not to start", async () => {
  const { vm, operation } = await installation.created("", { start: false });
  expect(operation.state).toBe("succeeded");
  expect(vm).toMatchObject({ state: "stopped", desiredState: "stopped", generation: 0 });
  expect(await installation.run(vm.id, "start")).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
});

it("deletes a running machine, and a paused one without resuming it", async () => {
  const running = await installation.created();
  expect(await installation.run(running.vm.id, "delete")).toMatchObject({ state: "succeeded" });
  const paused = await installation.created("dies-on=resume");
  await installation.run(paused.vm.id, "pause");
  expect(await installation.run(paused.vm.id, "delete")).toMatchObject({ state: "succeeded" });
  expect(await installation.db.vm.count({ where: { id: { in: [running.vm.id, paused.vm.id] } } })).toBe(0);
});

it("starts a machine again at once after each way in which it stopped", async () => {
  const { vm } = await installation.created("powers-off-on=pause");
  for (const action of ["stop", "shutdown", "pause", "stop", "shutdown", "pause"] as const) {
    await installation.run(vm.id, action);
    expect(await installation.run(vm.id, "start")).toMatchObject({ state: "succeeded" });
  }
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 7 });
});

it("works on several machines at once, and on one machine's operations in turn", async () => {
  const { create, queue, ended, accept, operation } = installation;
  const stuck = await create("never-starts");
  await queue.submit(null, stuck.operation.id);
  await installation.inState(stuck.vm.id, "starting");
  const others = await Promise.all([installation.created(), installation.created(), installation.created()]);
  expect(others.map(({ vm }) => vm.state)).toEqual(["running", "running", "running"]);
  expect((await operation(stuck.operation.id)).state).toBe("running");

  const stop = await accept(stuck.vm.id, "stop");
  await queue.submit(stop.hostId, stop.id);
  expect(await ended(stuck.operation.id)).toMatchObject({ state: "cancelled", error: { code: "superseded" } });
  expect(await ended(stop.id)).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(stuck.vm.id)).toMatchObject({ state: "stopped" });
});
