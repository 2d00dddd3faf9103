import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptCancel } from "../../src/store/acceptance.js";
import { placeOperation } from "../../src/store/placement.js";
import { onEachQueue } from "./queue-backends.js";
import { asker, startInstallation, type WorkerInstallation } from "./worker-installation.js";

onEachQueue((backend) => {
  let installation: WorkerInstallation;
  beforeAll(async () => {
    installation = await startInstallation({}, backend);
  });
  afterAll(() => installation?.close());

  const inFuture = () => new Date(Date.now() + 1000);

  it("carries out an operation whose job never came to the queue", async () => {
    const { operation } = await installation.create();
    await installation.worker.sweeper.sweep(inFuture());
    expect(await installation.ended(operation.id)).toMatchObject({ state: "succeeded" });
  });

  it("carries out all operations after the whole queue was lost", async () => {
    await installation.worker.close(0);
    const creates = await Promise.all([1, 2, 3].map(() => installation.create()));
    for (const { operation } of creates) await installation.queue.submit(null, operation.id);
    expect(await installation.scratchQueue.lose()).toBeGreaterThanOrEqual(3);
    await installation.startAgain();
    for (const { operation } of creates) expect(await installation.ended(operation.id)).toMatchObject({ state: "succeeded" });
  });

  it("does nothing for a job whose operation has ended", async () => {
    const { vm, operation } = await installation.created();
    const events = await installation.db.event.count();
    await installation.queue.submit(null, operation.id);
    await installation.queue.submit(installation.hostId, operation.id);
    // Behind the two in the same lanes.
    const other = await installation.created();
    expect(other.operation.state).toBe("succeeded");
    expect(await installation.db.event.count({ where: { seq: { gt: events }, subject: { in: [vm.id, operation.id] } } })).toBe(0);
    expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
  });

  it("does an operation once, however often it is submitted", async () => {
    const { vm, operation } = await installation.create();
    const other = await installation.scratchQueue.open(() => {});
    await Promise.all([1, 2, 3, 4].flatMap(() => [installation.queue.submit(null, operation.id), other.submit(null, operation.id)]));
    await installation.ended(operation.id);
    await other.close();
    const starts = await installation.db.event.findMany({ where: { subject: vm.id, type: "vm.state" }, orderBy: { seq: "asc" } });
    expect(starts.map(({ data }) => (data as { state: string }).state)).toEqual(["starting", "running"]);
  });

  it("fails a create that fits on no host, and says so", async () => {
    const { vm, operation } = await installation.created("", { memoryMiB: 1024 * 1024 * 1024 });
    expect(operation).toMatchObject({ state: "failed", error: { code: "no_host" } });
    expect(vm).toMatchObject({ state: "error", stateReason: "no_host", hostId: null });
  });

  it("deletes a machine whose time ran out while no worker was there", async () => {
    const { vm } = await installation.created();
    await installation.worker.close(0);
    await installation.db.vm.update({ where: { id: vm.id }, data: { expiresAt: new Date(Date.now() - 1) } });
    await installation.startAgain();
    await installation.until(async () => (await installation.db.vm.count({ where: { id: vm.id } })) === 0);
  });

  it("deletes a machine whose time is up", async () => {
    const { vm } = await installation.created("", { expiresAt: new Date(Date.now() - 1) });
    await installation.worker.sweeper.sweep(new Date(0));
    await installation.until(async () => (await installation.db.vm.count({ where: { id: vm.id } })) === 0);
    const removal = await installation.db.operation.findFirstOrThrow({ where: { vmId: vm.id, kind: "vm.delete" } });
    expect(await installation.ended(removal.id)).toMatchObject({ state: "succeeded", actor: null, requestId: null });
  });

  describe("an operation that is still queued", () => {
    it("is cancelled at once", async () => {
      const { vm, operation } = await installation.create();
      expect(await acceptCancel(installation.db, asker, operation.id)).toMatchObject({
        outcome: "accepted",
        operation: { state: "cancelled" },
      });
      expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped", stateReason: "cancelled" });
      await installation.queue.submit(null, operation.id);
      const other = await installation.created();
      expect(other.operation.state).toBe("succeeded");
      expect(await installation.vm(vm.id)).toMatchObject({ generation: 0 });
    });

    it("gives way to a delete", async () => {
      const { vm, operation } = await installation.create();
      const removal = await installation.run(vm.id, "delete");
      expect(removal).toMatchObject({ state: "succeeded" });
      expect(await installation.operation(operation.id)).toMatchObject({
        state: "cancelled",
        error: { code: "superseded" },
        startedAt: null,
      });
    });
  });

  it("sends no machine to a host whose worker has ended", async () => {
    await installation.worker.close(0);
    const { operation } = await installation.create();
    expect(await placeOperation(installation.db, operation.id)).toBeNull();
    expect(await installation.operation(operation.id)).toMatchObject({ state: "failed", error: { code: "no_host" } });
    await installation.startAgain();
    expect((await installation.created()).operation).toMatchObject({ state: "succeeded", hostId: installation.hostId });
  });
});
