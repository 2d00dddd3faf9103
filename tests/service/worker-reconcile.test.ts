import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VmAction } from "../../src/contract/vm-states.js";
import { beginOperation } from "../../src/store/operations.js";
import type { Vm } from "../../src/store/vms.js";
import { reconcile } from "../../src/worker/reconcile.js";
import { asker, type StoreInstallation, startStore } from "./worker-installation.js";

/** Rows as a worker that was killed leaves them; no worker here, so that nothing but reconciling changes them. */
let store: StoreInstallation;
const hostId = "host_1";
beforeAll(async () => {
  store = await startStore();
  const now = new Date();
  const host = { id: hostId, projectId: "proj_system", name: "h", streamUrl: "", incarnation: "1", cpus: 1, memoryMiB: 1024 };
  await store.db.host.create({ data: { ...host, startedAt: now, heartbeatAt: now } });
});
afterAll(() => store?.close());

async function left(fields: Pick<Vm, "state" | "desiredState">, kind: VmAction | "create" | null, state: "queued" | "running" = "running") {
  const { vm, operation } = await store.create();
  await store.db.vm.update({ where: { id: vm.id }, data: { ...fields, hostId, generation: 1 } });
  if (kind === null) {
    await store.db.operation.delete({ where: { id: operation.id } });
    return { vm, operation: null };
  }
  await store.db.operation.update({ where: { id: operation.id }, data: { kind: `vm.${kind}`, hostId } });
  if (state === "running") await beginOperation(store.db, operation.id, hostId);
  return { vm, operation };
}

const run = () => reconcile(store.db, hostId, store.log);

interface Case {
  name: string;
  row: Pick<Vm, "state" | "desiredState">;
  kind: VmAction | "create" | null;
  ends: { state: string; code?: string };
  vm: Partial<Vm> | null;
}

const lost = { state: "failed", code: "worker_lost" };
const inError = { state: "error", stateReason: "worker_lost", desiredState: "stopped" } as const;

const cases: Case[] = [
  { name: "a create", row: { state: "creating", desiredState: "running" }, kind: "create", ends: lost, vm: inError },
  { name: "a create that had forked", row: { state: "starting", desiredState: "running" }, kind: "create", ends: lost, vm: inError },
  { name: "a start", row: { state: "starting", desiredState: "running" }, kind: "start", ends: lost, vm: inError },
  { name: "a pause", row: { state: "running", desiredState: "paused" }, kind: "pause", ends: lost, vm: inError },
  { name: "a resume", row: { state: "paused", desiredState: "running" }, kind: "resume", ends: lost, vm: inError },
  {
    name: "a stop",
    row: { state: "stopping", desiredState: "stopped" },
    kind: "stop",
    ends: { state: "succeeded" },
    vm: { state: "stopped", stateReason: null },
  },
  {
    name: "a shutdown",
    row: { state: "stopping", desiredState: "stopped" },
    kind: "shutdown",
    ends: { state: "succeeded" },
    vm: { state: "stopped" },
  },
  { name: "a delete", row: { state: "deleting", desiredState: "deleted" }, kind: "delete", ends: { state: "succeeded" }, vm: null },
];

describe("ends what was under way:", () => {
  it.each(cases)("$name", async ({ row, kind, ends, vm: expected }) => {
    const { vm, operation } = await left(row, kind);
    await run();
    const ended = await store.operation(operation?.id as string);
    expect(ended.state).toBe(ends.state);
    expect((ended.error as { code: string } | null)?.code).toBe(ends.code);
    expect(ended.endedAt).not.toBeNull();
    const after = await store.db.vm.findUnique({ where: { id: vm.id } });
    if (expected === null) expect(after).toBeNull();
    else expect(after).toMatchObject(expected);
  });
});

it("starts a machine again that ran and should", async () => {
  const { vm } = await left({ state: "running", desiredState: "running" }, null);
  expect((await run()).restarted).toEqual([vm.id]);
  expect(await store.vm(vm.id)).toMatchObject({ state: "starting", desiredState: "running", stateReason: "worker_lost" });
  const start = await store.db.operation.findFirstOrThrow({ where: { vmId: vm.id } });
  expect(start).toMatchObject({ kind: "vm.start", state: "queued", hostId, actor: null, projectId: asker.projectId });
  await store.db.operation.deleteMany({ where: { vmId: vm.id } });
  await store.db.vm.delete({ where: { id: vm.id } });
});

it("starts a machine again although a reset was under way, which fails", async () => {
  const { vm, operation } = await left({ state: "running", desiredState: "running" }, "reset");
  await run();
  expect(await store.operation(operation?.id as string)).toMatchObject({ state: "failed", error: { code: "worker_lost" } });
  expect(await store.vm(vm.id)).toMatchObject({ state: "starting" });
});

it("can't bring back a paused machine", async () => {
  const { vm } = await left({ state: "paused", desiredState: "paused" }, null);
  expect((await run()).failed).toEqual([vm.id]);
  expect(await store.vm(vm.id)).toMatchObject(inError);
});

it.each([
  ["create", { state: "creating", desiredState: "running" }],
  ["start", { state: "starting", desiredState: "running" }],
  ["delete", { state: "deleting", desiredState: "deleted" }],
] as const)("leaves a %s alone that was only queued", async (kind, row) => {
  const { vm, operation } = await left(row, kind, "queued");
  await run();
  expect(await store.operation(operation?.id as string)).toMatchObject({ state: "queued" });
  expect(await store.vm(vm.id)).toMatchObject(row);
});

it("leaves machines alone that don't run, and those of other hosts", async () => {
  const stopped = await left({ state: "stopped", desiredState: "stopped" }, null);
  const elsewhere = await left({ state: "running", desiredState: "running" }, null);
  await store.db.vm.update({ where: { id: elsewhere.vm.id }, data: { hostId: null } });
  await run();
  expect(await store.vm(stopped.vm.id)).toMatchObject({ state: "stopped" });
  expect(await store.vm(elsewhere.vm.id)).toMatchObject({ state: "running" });
});

it("changes nothing the second time", async () => {
  await run();
  const events = await store.db.event.count();
  const again = await run();
  // Machines that are to be started again wait for their job.
  expect(again).toEqual({ restarted: [], failed: [], deleted: [] });
  expect(await store.db.event.count()).toBe(events);
});
