/** create and start: from a row to a guest that has executed its first instruction. */
import { join } from "node:path";
import { ImageError } from "../../images/image-error.js";
import type { ImageWithFiles } from "../../store/images.js";
import { endOperation, type Operation, reportProgress } from "../../store/operations.js";
import { commit } from "../../store/outbox.js";
import { changeState, lockVm, type Vm } from "../../store/vms.js";
import type { MachineSpec } from "../../vmx/spec.js";
import { bootFiles } from "../boot-files.js";
import type { HostFiles } from "../boot-source.js";
import { untilWritten } from "../persistence.js";
import type { MachineEnd } from "../report.js";
import { aborted, type Command, type CommandParts, end, failed, failedBy, succeeded, unplug } from "./command.js";

/** Progress is written at most this often, in milliseconds. */
const progressPaceMs = 300;

export const begin: Command = async (parts, operation, signal) => {
  const vm = await untilWritten(parts.db, parts.log, () =>
    parts.db.vm.findUnique({ where: { id: operation.vmId }, include: { image: { include: { files: true } } } }),
  );
  if (!vm) return void (await end(parts, operation, failed("vm_state_conflict", "the machine is gone")));
  if (await parts.supervisor.live(vm.id)) return void (await end(parts, operation, succeeded));
  let files: HostFiles;
  try {
    files = await prepare(parts, operation, vm.image, signal);
  } catch (error) {
    return withoutImage(parts, operation, signal, error);
  }
  const cleared = await clearForStart(parts, operation);
  if (cleared.outcome === "cancelled") return withoutImage(parts, operation, signal, null);
  if (cleared.outcome === "done") return;
  const spec: MachineSpec = {
    memoryMiB: vm.memoryMiB,
    boot: bootFiles(vm.image, files, vm.cmdline ?? vm.image.cmdline),
    engine: "auto",
    clock: "host",
    // What another project's guests ran is nothing to this one's, not even by how fast it starts.
    translations: parts.translations && join(parts.translations, vm.projectId),
  };
  const machine = parts.supervisor.launch(vm.id, cleared.vm.generation, spec);
  const outcome = await machine.perform({
    operationId: operation.id,
    send: null,
    judge: (report) => (report.type === "started" ? succeeded : report.type === "ended" ? failedBy(report.end) : null),
    deadlineMs: parts.deadlines.start,
    signal,
  });
  if (outcome === "aborted") await end(parts, operation, aborted(signal));
  if (outcome === "late") {
    const message = "the guest has not executed its first instruction in time";
    const how: MachineEnd = { state: "error", reason: "deadline_exceeded", fault: null, message };
    await unplug(parts, operation, machine, how, failed("deadline_exceeded", message));
  }
};

async function prepare(parts: CommandParts, operation: Operation, image: ImageWithFiles, signal: AbortSignal): Promise<HostFiles> {
  signal.throwIfAborted();
  let told = 0;
  let telling: Promise<void> = Promise.resolve();
  const files = await parts.bootSource(image, {
    signal,
    onProgress: ({ step, fraction }) => {
      if (Date.now() - told < progressPaceMs) return;
      told = Date.now();
      telling = telling
        .then(() => reportProgress(parts.db, operation.id, { progress: fraction, step: `preparing image: ${step}`, mayCancel: true }))
        .catch((error) => parts.log.warn({ err: error }, "progress not written"));
    },
  });
  await telling;
  if (image.state === "available") await markReady(parts, image);
  return files;
}

async function markReady(parts: CommandParts, image: ImageWithFiles): Promise<void> {
  await untilWritten(parts.db, parts.log, () =>
    commit(parts.db, async (tx) => {
      const { count } = await tx.rows.image.updateMany({ where: { id: image.id, state: "available" }, data: { state: "ready" } });
      if (count > 0) tx.record({ projectId: image.projectId, type: "image.ready", subject: image.id, data: { name: image.name } });
    }),
  );
}

type Cleared = { outcome: "start"; vm: Vm } | { outcome: "done" } | { outcome: "cancelled" };

/** The commit after which the machine runs under a new generation, and can't be cancelled any more. A create without start is done with it. */
function clearForStart(parts: CommandParts, operation: Operation & { vmId: string }): Promise<Cleared> {
  return untilWritten(parts.db, parts.log, () =>
    commit(parts.db, async (tx): Promise<Cleared> => {
      const vm = await lockVm(tx, operation.vmId);
      const [going] = await tx.rows.operation.updateManyAndReturn({
        where: { id: operation.id, state: "running", cancelRequestedAt: null },
        data: { mayCancel: false, step: "starting", progress: null },
      });
      if (!going || !vm || (vm.state !== "creating" && vm.state !== "starting")) return { outcome: "cancelled" };
      if (operation.kind === "vm.create" && vm.desiredState === "stopped") {
        await changeState(tx, vm, "stopped");
        await endOperation(tx, operation.id, succeeded);
        return { outcome: "done" };
      }
      const fields = { generation: vm.generation + 1, stateReason: vm.stateReason };
      return { outcome: "start", vm: await changeState(tx, vm, "starting", fields) };
    }),
  );
}

/**
 * It ends before there is a machine: cancelled, superseded, or the image cannot be had. The vm follows, unless whoever superseded this has its own plans for it.
 */
async function withoutImage(
  parts: CommandParts,
  operation: Operation & { vmId: string },
  signal: AbortSignal,
  error: unknown,
): Promise<void> {
  const wanted = error === null || signal.aborted;
  if (!wanted) parts.log.warn({ err: error, operation: operation.id }, "image not prepared");
  const superseded = { code: "superseded", message: "the machine was asked for something else" };
  const ending = !wanted
    ? failed(error instanceof ImageError ? "image_failed" : "internal_error", error instanceof Error ? error.message : String(error))
    : signal.aborted
      ? aborted(signal)
      : ({ state: "cancelled", error: superseded } as const);
  await untilWritten(parts.db, parts.log, () =>
    commit(parts.db, async (tx) => {
      const vm = await lockVm(tx, operation.vmId);
      if (vm && (vm.state === "creating" || vm.state === "starting")) {
        const stateReason = ending.state === "failed" ? ending.error.code : "cancelled";
        await changeState(tx, vm, ending.state === "failed" ? "error" : "stopped", { desiredState: "stopped", stateReason });
      }
      await endOperation(tx, operation.id, ending);
    }),
  );
}
