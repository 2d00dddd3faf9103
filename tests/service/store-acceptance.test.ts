import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptAction, acceptCancel, acceptCreate } from "../../src/store/acceptance.js";
import { beginOperation, endOperation } from "../../src/store/operations.js";
import { commit } from "../../src/store/outbox.js";
import { listVms } from "../../src/store/vm-list.js";
import { changeState, IllegalTransition, lockVm, type StateFields, type Vm } from "../../src/store/vms.js";
import { asker, type StoreInstallation, startStore } from "./worker-installation.js";

let store: StoreInstallation;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.close());

const wanted = { imageId: "img_1", imageReady: true, memoryMiB: 32, cmdline: null, labels: { a: "b" }, start: true, expiresAt: null };

/** Puts a vm where a test wants it, by the way the worker goes. */
async function vmIn(state: Vm["state"], fields: StateFields = {}): Promise<Vm> {
  const { vm, operation } = await store.create();
  return commit(store.db, async (tx) => {
    await endOperation(tx, operation.id, { state: "succeeded" });
    const running = await changeState(tx, vm, "running");
    return state === "running" ? tx.rows.vm.update({ where: { id: vm.id }, data: fields }) : changeState(tx, running, state, fields);
  });
}

describe("a create", () => {
  it("is accepted together with many others, while other machines tell of themselves", async () => {
    const event = { projectId: asker.projectId, type: "vm.updated" as const, subject: "vm_other", data: {} };
    const creates = Array.from({ length: 24 }, () => acceptCreate(store.db, asker, wanted));
    const events = Array.from({ length: 24 }, () => commit(store.db, async (tx) => tx.record(event)));
    const outcomes = await Promise.all(creates);
    await Promise.all(events);
    expect(outcomes.every(({ outcome }) => outcome === "accepted")).toBe(true);
  });

  it("writes vm, operation and events in one commit", async () => {
    const outcome = await acceptCreate(store.db, asker, { ...wanted, name: "one" });
    if (outcome.outcome !== "accepted") throw new Error(outcome.outcome);
    const { vm, operation } = outcome;
    expect(vm).toMatchObject({ name: "one", state: "creating", desiredState: "running", generation: 0, labels: { a: "b" }, hostId: null });
    expect(operation).toMatchObject({
      kind: "vm.create",
      state: "queued",
      vmId: vm.id,
      resources: { vm: vm.id, image: "img_1" },
      mayCancel: true,
    });
    expect(operation).toMatchObject({ requestId: asker.requestId, actor: asker.actor, projectId: asker.projectId });
    const events = await store.db.event.findMany({ where: { subject: { in: [vm.id, operation.id] } }, orderBy: { seq: "asc" } });
    expect(events.map(({ type }) => type)).toEqual(["vm.created", "operation.state"]);
  });

  it("has the host with most memory left at once, and none where none has room: the placement queue goes on looking", async () => {
    const host = { projectId: "proj_system", streamUrl: "http://127.0.0.1:9", incarnation: "i", cpus: 1, startedAt: new Date() };
    const hosts = [
      { id: "host_silent", name: "silent", memoryMiB: 1_000_000, heartbeatAt: new Date(0), ...host },
      { id: "host_small", name: "small", memoryMiB: 1000, heartbeatAt: new Date(), ...host },
      { id: "host_large", name: "large", memoryMiB: 1500, heartbeatAt: new Date(), ...host },
    ];
    await store.db.host.createMany({ data: hosts });
    const placed: (string | null)[] = [];
    for (const memoryMiB of [600, 900, 200, 1000]) {
      const { vm, operation } = await store.create("", { memoryMiB });
      expect(operation.hostId).toBe(vm.hostId);
      placed.push(vm.hostId);
    }
    expect(placed).toEqual(["host_large", "host_small", "host_large", null]);
    await store.db.vm.updateMany({ where: { hostId: { not: null } }, data: { hostId: null } });
    await store.db.host.deleteMany({});
  });

  it("is done with its commit where it gives no host anything to do: a ready image, a host with room, and no start", async () => {
    const host = { id: "host_idle", projectId: "proj_system", name: "idle", streamUrl: "http://127.0.0.1:9", incarnation: "i", cpus: 1 };
    const now = new Date();
    await store.db.host.create({ data: { ...host, memoryMiB: 1000, startedAt: now, heartbeatAt: now } });
    const states = async (fields: object) => {
      const { vm, operation } = await store.create("", fields);
      return [vm.state, operation.state];
    };
    const { vm, operation } = await store.create("", { start: false, imageReady: true });
    expect(vm).toMatchObject({ state: "stopped", desiredState: "stopped", hostId: "host_idle" });
    expect(operation).toMatchObject({ state: "succeeded", mayCancel: false, progress: 1 });
    const events = await store.db.event.findMany({ where: { subject: { in: [vm.id, operation.id] } }, orderBy: { seq: "asc" } });
    expect(events.map(({ type }) => type)).toEqual(["vm.created", "vm.state", "operation.state"]);
    expect(await states({ start: true, imageReady: true })).toEqual(["creating", "queued"]);
    expect(await states({ start: false, imageReady: false })).toEqual(["creating", "queued"]);
    expect(await states({ start: false, imageReady: true, memoryMiB: 2000 })).toEqual(["creating", "queued"]);
    await store.db.vm.updateMany({ where: { hostId: { not: null } }, data: { hostId: null } });
    await store.db.host.deleteMany({});
  });

  it("names a machine that brings no name so that the name is valid", async () => {
    const { vm } = await store.create();
    expect(vm.name).toMatch(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/);
  });

  it("leaves nothing behind when it fails", async () => {
    const before = [await store.db.vm.count(), await store.db.operation.count(), await store.db.event.count()];
    await expect(acceptCreate(store.db, asker, { ...wanted, imageId: "img_none" })).rejects.toThrow();
    expect([await store.db.vm.count(), await store.db.operation.count(), await store.db.event.count()]).toEqual(before);
  });

  it.each([
    ["machines", { machines: 2 }],
    ["memoryMiB", { memoryMiB: 64 }],
  ] as const)("stays within the quota of %s, however many come at once", async (limit, quota) => {
    const id = `proj_${limit}`;
    await store.db.project.create({ data: { id, name: limit.toLowerCase(), quota } });
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(() => acceptCreate(store.db, { ...asker, projectId: id }, wanted)));
    expect(outcomes.filter(({ outcome }) => outcome === "accepted")).toHaveLength(2);
    expect(outcomes).toContainEqual({ outcome: "quota_exceeded", limit, allowed: Object.values(quota)[0], used: Object.values(quota)[0] });
  });
});

it("a row that is locked or listed reads as any other", async () => {
  const fault = { code: "unsupported_instruction", message: "vmcall", context: { eip: "0x1" } };
  const { id } = await vmIn("error", { fault, stateReason: "fault", startedAt: new Date() });
  await store.db.vm.update({ where: { id }, data: { expiresAt: new Date(), labels: { a: "b", n: "" }, cmdline: "quiet" } });
  const bare = await store.create();
  const listed = await listVms(store.db, asker.projectId, { labels: [], states: null }, { limit: 2, after: null });
  expect(listed.slice(0, 2)).toEqual([await store.vm(bare.vm.id), await store.vm(id)]);
  for (const vmId of [id, bare.vm.id]) {
    expect(await commit(store.db, (tx) => lockVm(tx, vmId))).toEqual(await store.vm(vmId));
  }
  expect(await commit(store.db, (tx) => lockVm(tx, "vm_none"))).toBeNull();
});

describe("an action", () => {
  it("that already holds is answered by an operation that has succeeded", async () => {
    const vm = await vmIn("running");
    const outcome = await acceptAction(store.db, asker, vm.id, "start");
    expect(outcome).toMatchObject({ outcome: "holds", operation: { kind: "vm.start", state: "succeeded", progress: 1 } });
    expect(await store.vm(vm.id)).toMatchObject({ state: "running", version: vm.version });
  });

  it("that is under way is answered by the same operation", async () => {
    const vm = await vmIn("stopped");
    const first = await acceptAction(store.db, asker, vm.id, "start");
    expect(first).toMatchObject({ outcome: "accepted", operation: { state: "queued" } });
    const second = await acceptAction(store.db, asker, vm.id, "start");
    expect(second).toMatchObject({ outcome: "joined", operation: { id: (first as { operation: { id: string } }).operation.id } });
  });

  it("asked for many times at once is one operation", async () => {
    const vm = await vmIn("running");
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(() => acceptAction(store.db, asker, vm.id, "stop")));
    expect(outcomes.filter(({ outcome }) => outcome === "accepted")).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => ("operation" in outcome ? outcome.operation.id : null))).size).toBe(1);
  });

  it("that the state doesn't allow changes nothing", async () => {
    const vm = await vmIn("stopped");
    const events = await store.db.event.count();
    expect(await acceptAction(store.db, asker, vm.id, "pause")).toEqual({ outcome: "conflict", state: "stopped" });
    expect(await store.db.event.count()).toBe(events);
  });

  it("is refused on another project's machine as if there were none", async () => {
    const vm = await vmIn("running");
    expect(await acceptAction(store.db, { ...asker, projectId: "proj_system" }, vm.id, "stop")).toEqual({ outcome: "not_found" });
  });

  it("with an old version is refused", async () => {
    const vm = await vmIn("running");
    const outcome = await acceptAction(store.db, asker, vm.id, "stop", { ifVersion: vm.version - 1 });
    expect(outcome).toEqual({ outcome: "precondition_failed", version: vm.version });
    expect(await acceptAction(store.db, asker, vm.id, "stop", { ifVersion: vm.version })).toMatchObject({ outcome: "accepted" });
  });

  it("that overrules asks the one under way to end, and ends one that is still queued", async () => {
    const vm = await vmIn("stopped");
    const start = await store.accept(vm.id, "start");
    await store.db.operation.update({ where: { id: start.id }, data: { hostId: "host_1" } });
    await beginOperation(store.db, start.id, "host_1");
    const stop = await store.accept(vm.id, "stop");
    expect(await store.operation(start.id)).toMatchObject({ state: "running", cancelRequestedAt: expect.any(Date), mayCancel: false });
    const told = await store.db.event.findFirst({ where: { subject: start.id, type: "operation.cancel_requested" } });
    expect(told?.data).toMatchObject({ code: "superseded" });

    await store.accept(vm.id, "delete");
    expect(await store.operation(stop.id)).toMatchObject({ state: "cancelled", error: { code: "superseded" } });
    expect(await store.vm(vm.id)).toMatchObject({ state: "deleting", desiredState: "deleted" });
  });

  it("keeps the reason of a failure when the machine is deleted", async () => {
    const vm = await vmIn("error", { stateReason: "guest_fault" });
    await store.accept(vm.id, "delete");
    expect(await store.vm(vm.id)).toMatchObject({ state: "deleting", stateReason: "guest_fault" });
  });
});

describe("an ended operation", () => {
  it("is not begun, not ended again, and not cancelled", async () => {
    const { operation } = await store.create();
    await commit(store.db, (tx) => endOperation(tx, operation.id, { state: "failed", error: { code: "no_host", message: "none" } }));
    expect(await beginOperation(store.db, operation.id, "host_1")).toBeNull();
    expect(await commit(store.db, (tx) => endOperation(tx, operation.id, { state: "succeeded" }))).toBe(false);
    expect(await acceptCancel(store.db, asker, operation.id)).toMatchObject({ outcome: "conflict" });
    expect(await store.operation(operation.id)).toMatchObject({ state: "failed", error: { code: "no_host" } });
  });
});

it("refuses a change of state that the contract's table doesn't have", async () => {
  const vm = await vmIn("stopped");
  const change = commit(store.db, async (tx) => changeState(tx, (await lockVm(tx, vm.id)) as Vm, "paused"));
  await expect(change).rejects.toThrow(IllegalTransition);
  expect(await store.vm(vm.id)).toMatchObject({ state: "stopped", version: vm.version });
});
