import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { heartbeat } from "../../src/store/hosts.js";
import { beginOperation } from "../../src/store/operations.js";
import { startInstallation, type WorkerInstallation } from "./worker-installation.js";

/** One worker that lives, and hosts whose workers were last heard of a while ago. */
let installation: WorkerInstallation;
beforeAll(async () => {
  installation = await startInstallation();
  await witness(120);
});
afterAll(() => installation?.close());

/** The worker that lives has been heard of for so long. */
function witness(seconds: number) {
  return installation.db.host.update({ where: { id: installation.hostId }, data: { heardSince: ago(seconds) } });
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

async function silentHost(id: string, seconds: number): Promise<string> {
  const fields = { id, projectId: "proj_system", name: id, streamUrl: "", incarnation: "1", cpus: 1, memoryMiB: 1024 };
  await installation.db.host.create({ data: { ...fields, startedAt: ago(3600), heartbeatAt: ago(seconds) } });
  return id;
}

/** A machine that was placed on the host, and an operation of it that has waited for so long. */
async function waiting(hostId: string, seconds: number) {
  const { vm, operation } = await installation.create();
  await installation.db.vm.update({ where: { id: vm.id }, data: { hostId } });
  await installation.db.operation.update({ where: { id: operation.id }, data: { hostId, createdAt: ago(seconds) } });
  return { vm, operation };
}

const sweep = () => installation.worker.sweeper.sweep(new Date(0));

it("a create that has not begun on a lost host is carried out on another", async () => {
  const { vm, operation } = await waiting(await silentHost("host_lost", 120), 120);
  await sweep();
  expect(await installation.ended(operation.id)).toMatchObject({ state: "succeeded", hostId: installation.hostId });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", hostId: installation.hostId, generation: 1 });
  // Its first worker comes back with the job.
  expect(await beginOperation(installation.db, operation.id, "host_lost")).toBeNull();
});

it("a create that had begun there fails, and its machine waits for what its worker says", async () => {
  const { vm, operation } = await waiting(await silentHost("host_begun", 120), 120);
  await beginOperation(installation.db, operation.id, "host_begun");
  await sweep();
  expect(await installation.operation(operation.id)).toMatchObject({ state: "failed", error: { code: "worker_lost" } });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "creating", hostId: "host_begun" });
});

it("an action on a machine of a lost host fails, with the host's name", async () => {
  const host = await silentHost("host_running", 120);
  const { vm, operation } = await waiting(host, 120);
  await installation.db.operation.delete({ where: { id: operation.id } });
  await installation.db.vm.update({ where: { id: vm.id }, data: { state: "running", generation: 1 } });
  const stop = await installation.accept(vm.id, "stop");
  await installation.db.operation.update({ where: { id: stop.id }, data: { createdAt: ago(120) } });
  await sweep();
  const error = { code: "worker_lost", message: expect.stringContaining(host) };
  expect(await installation.operation(stop.id)).toMatchObject({ state: "failed", error });
});

it("a machine of a lost host can be deleted", async () => {
  const { vm, operation } = await waiting(await silentHost("host_gone", 120), 120);
  await beginOperation(installation.db, operation.id, "host_gone");
  await sweep();
  const deletion = await installation.accept(vm.id, "delete");
  await installation.db.operation.update({ where: { id: deletion.id }, data: { createdAt: ago(120) } });
  await sweep();
  expect(await installation.operation(deletion.id)).toMatchObject({ state: "succeeded" });
  expect(await installation.db.vm.findUnique({ where: { id: vm.id } })).toBeNull();
  expect(await installation.db.event.count({ where: { type: "vm.deleted", subject: vm.id } })).toBe(1);
});

it("a deletion that failed can be asked for again", async () => {
  const { vm, operation } = await installation.created("", { start: false });
  await installation.db.vm.update({ where: { id: vm.id }, data: { state: "deleting" } });
  expect(operation.state).toBe("succeeded");
  expect(await installation.run(vm.id, "delete")).toMatchObject({ state: "succeeded" });
});

it("a host that is back ends machines that were deleted meanwhile, and removes what it kept of them", async () => {
  const { vm } = await installation.created();
  const { vm: stays } = await installation.created();
  const { departed, supervisor } = installation.worker;
  const machine = supervisor.get(vm.id);
  const consoles = join(installation.folder, "console");
  for (const { id } of [vm, stays]) await mkdir(join(consoles, id), { recursive: true });
  await installation.db.vm.delete({ where: { id: vm.id } });
  await departed.end();
  expect(machine?.over).toBe(true);
  expect(await readdir(consoles)).toEqual([stays.id]);
  expect(supervisor.get(stays.id)?.over).toBe(false);
});

it("nothing is given up when the database was away, and with it all hosts were silent", async () => {
  const { db, hostId } = installation;
  const { operation } = await waiting(await silentHost("host_still_there", 120), 120);
  const { incarnation } = await db.host.update({ where: { id: hostId }, data: { heartbeatAt: ago(100) } });
  await heartbeat(db, hostId, incarnation);
  await sweep();
  expect(await installation.operation(operation.id)).toMatchObject({ state: "queued", hostId: "host_still_there" });
  await witness(120);
});

it.each([
  ["the host was heard of lately", 30, 120],
  ["the operation is new", 120, 1],
])("nothing is given up while %s", async (name, silentFor, waitedFor) => {
  const { operation } = await waiting(await silentHost(`host_${name.length}`, silentFor), waitedFor);
  await sweep();
  expect(await installation.operation(operation.id)).toMatchObject({ state: "queued", hostId: `host_${name.length}` });
});

it("translations of a project that is gone are removed, and others stay", async () => {
  const folder = join(installation.folder, "translations");
  for (const project of ["proj_system", "proj_gone"]) await mkdir(join(folder, project), { recursive: true });
  await installation.worker.departed.end();
  expect(await readdir(folder)).toEqual(["proj_system"]);
});
