import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ImageError } from "../../src/images/image-error.js";
import { defaultDeadlines } from "../../src/worker/deadlines.js";
import { deferred, startInstallation, type WorkerInstallation } from "./worker-installation.js";

/** An image whose preparing the tests hold in their hands. */
let preparing = deferred<void>();
const prepared = deferred<AbortSignal>();

/** So long that nothing comes near them, but where a test makes one pass at once. */
const deadlines = { ...defaultDeadlines };
afterEach(() => {
  Object.assign(deadlines, defaultDeadlines);
});

let installation: WorkerInstallation;
beforeAll(async () => {
  installation = await startInstallation({
    bootSource: async (image, { signal, onProgress }) => {
      if (image.id === "img_broken") throw new ImageError("package_client_missing", "there is no apt-get here");
      if (image.id === "img_slow") {
        onProgress({ step: "fetching", fraction: 0.5 });
        prepared.resolve(signal);
        await Promise.race([
          preparing.promise,
          new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        ]);
      }
      return { kernel: "/nonexistent" };
    },
    deadlines,
  });
  for (const id of ["broken", "slow"]) {
    await installation.db.image.create({ data: { id: `img_${id}`, projectId: "proj_default", name: id, kind: "linux", state: "ready" } });
  }
});
afterAll(() => installation?.close());

describe("a machine that", () => {
  it("dies before it has begun is in error, and its create fails", async () => {
    const { vm, operation } = await installation.created("dies-at-once");
    expect(operation).toMatchObject({
      state: "failed",
      error: { code: "vm_process_lost", message: "the VM process ended with exit code 7" },
    });
    expect(vm).toMatchObject({ state: "error", stateReason: "vm_process_lost", desiredState: "stopped" });
  });

  it("cannot be loaded says why", async () => {
    const { vm, operation } = await installation.created("faults-on=start");
    expect(operation).toMatchObject({ state: "failed", error: { code: "image_rejected", message: "not a kernel" } });
    expect(vm).toMatchObject({ state: "error", stateReason: "guest_fault", fault: { code: "image_rejected" } });
  });

  it("never starts is ended at its deadline", async () => {
    deadlines.start = 1;
    const { vm, operation } = await installation.created("never-starts");
    expect(operation).toMatchObject({ state: "failed", error: { code: "deadline_exceeded" } });
    expect(vm).toMatchObject({ state: "error", stateReason: "deadline_exceeded" });
  });

  it("is killed ends in error, and no other machine notices", async () => {
    const { vm } = await installation.created();
    const other = await installation.created();
    process.kill(installation.worker.supervisor.get(vm.id)?.pid as number, "SIGKILL");
    expect(await installation.inState(vm.id, "error")).toMatchObject({ stateReason: "vm_process_lost", fault: null });
    expect(await installation.run(other.vm.id, "pause")).toMatchObject({ state: "succeeded" });
  });

  it("faults ends in error with the monitor's fault, and can be started again", async () => {
    const { vm } = await installation.created("faults-on=pause");
    expect(await installation.run(vm.id, "pause")).toMatchObject({ state: "failed", error: { code: "unsupported_instruction" } });
    const fault = { code: "unsupported_instruction", message: "vmcall", context: { eip: "0x1" } };
    expect(await installation.vm(vm.id)).toMatchObject({ state: "error", stateReason: "guest_fault", fault });
    expect(await installation.run(vm.id, "start")).toMatchObject({ state: "succeeded" });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "running", stateReason: null, fault: null, generation: 2 });
  });

  it("powers off by itself is stopped", async () => {
    const { vm } = await installation.created("powers-off-on=pause");
    expect(await installation.run(vm.id, "pause")).toMatchObject({ state: "failed", error: { code: "poweroff" } });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped", stateReason: "poweroff", desiredState: "stopped" });
  });

  it("answers a shutdown by a reset of its own has shut down", async () => {
    const { vm } = await installation.created("reboots-on-shutdown");
    expect(await installation.run(vm.id, "shutdown")).toMatchObject({ state: "succeeded" });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped" });
  });

  it("doesn't follow a shutdown runs on", async () => {
    const { vm } = await installation.created("ignores=shutdown");
    deadlines.shutdown = 1;
    expect(await installation.run(vm.id, "shutdown")).toMatchObject({ state: "failed", error: { code: "guest_did_not_stop" } });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "running", desiredState: "running", generation: 1 });
    expect(await installation.run(vm.id, "stop")).toMatchObject({ state: "succeeded" });
  });

  it("doesn't answer makes the operation fail", async () => {
    const { vm } = await installation.created("ignores=pause");
    deadlines.answer = 1;
    expect(await installation.run(vm.id, "pause")).toMatchObject({ state: "failed", error: { code: "deadline_exceeded" } });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "running" });
  });

  it("doesn't even stop is killed, and stopped all the same", async () => {
    const { vm } = await installation.created("ignores=stop");
    deadlines.end = 1;
    expect(await installation.run(vm.id, "stop")).toMatchObject({ state: "succeeded" });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped", stateReason: null });
  });

  it("breaks the protocol is ended", async () => {
    const { vm } = await installation.created("breaks-protocol-on=pause");
    expect(await installation.run(vm.id, "pause")).toMatchObject({ state: "failed", error: { code: "vm_process_lost" } });
    expect(await installation.vm(vm.id)).toMatchObject({ state: "error" });
  });

  it("belongs to an older generation changes nothing", async () => {
    const { vm } = await installation.created("powers-off-on=reset");
    await installation.db.vm.update({ where: { id: vm.id }, data: { generation: 5 } });
    const machine = installation.worker.supervisor.get(vm.id);
    await installation.run(vm.id, "reset");
    await machine?.ended;
    expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 5 });
  });
});

describe("an image", () => {
  it("that cannot be prepared fails the create", async () => {
    const { vm, operation } = await installation.created("", { imageId: "img_broken" });
    expect(operation).toMatchObject({ state: "failed", error: { code: "image_failed", message: "there is no apt-get here" } });
    expect(vm).toMatchObject({ state: "error", stateReason: "image_failed", generation: 0 });
  });

  it("that is being prepared shows progress, and may be cancelled", async () => {
    const { db, queue, until, ended, create } = installation;
    const { acceptCancel } = await import("../../src/store/acceptance.js");
    const { asker } = await import("./worker-installation.js");
    const { vm, operation } = await create("", { imageId: "img_slow" });
    await queue.submit(null, operation.id);
    const signal = await prepared.promise;
    const shown = await until(() => db.operation.findFirst({ where: { id: operation.id, progress: { not: null } } }));
    expect(shown).toMatchObject({ state: "running", progress: 0.5, step: "preparing image: fetching", mayCancel: true });
    expect(await acceptCancel(db, asker, operation.id)).toMatchObject({ outcome: "accepted" });
    expect(await ended(operation.id)).toMatchObject({ state: "cancelled", error: { code: "cancelled" } });
    expect(signal.aborted).toBe(true);
    expect(await installation.vm(vm.id)).toMatchObject({ state: "stopped", stateReason: "cancelled", desiredState: "stopped" });
  });

  it("that is being prepared doesn't keep the vm from being deleted", async () => {
    const { queue, ended, create, accept, until, db } = installation;
    preparing = deferred();
    const { vm, operation } = await create("", { imageId: "img_slow" });
    await queue.submit(null, operation.id);
    await until(() => db.operation.findFirst({ where: { id: operation.id, progress: { not: null } } }));
    const removal = await accept(vm.id, "delete");
    await queue.submit(removal.hostId, removal.id);
    expect(await ended(operation.id)).toMatchObject({ state: "cancelled", error: { code: "superseded" } });
    expect(await ended(removal.id)).toMatchObject({ state: "succeeded" });
    expect(await db.vm.findUnique({ where: { id: vm.id } })).toBeNull();
  });
});

it("a start goes on that lost its connection to the database before there was a machine", async () => {
  const { db } = installation;
  const broken = vi.spyOn(db.vm, "findUnique").mockRejectedValueOnce(new Error("the connection was lost"));
  const { vm, operation } = await installation.created();
  expect(broken).toHaveBeenCalled();
  broken.mockRestore();
  expect(operation).toMatchObject({ state: "succeeded" });
  expect(await installation.vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
});
