/**
 * What a worker does before it takes its first job: nothing runs on this host (orphans have been ended), so rows that say otherwise are brought in line, and
 * operations that were under way are finished or failed. Operations still queued stay so, and are carried out as if nothing had happened.
 */
import type { Logger } from "pino";
import type { Database } from "../store/database.js";
import { createOperation, endOperation, type Operation } from "../store/operations.js";
import { commit, type Transaction } from "../store/outbox.js";
import { changeState, deleteVm, lockVm, type Vm } from "../store/vms.js";
import { failed, succeeded } from "./commands/command.js";

const lost = failed("worker_lost", "the worker ended while it was at this");

export interface Reconciled {
  /** Machines that ran and are to run again. */
  restarted: string[];
  /** Machines that are in `error` for it. */
  failed: string[];
  /** Vms whose deletion was finished. */
  deleted: string[];
}

export async function reconcile(db: Database, hostId: string, log: Logger): Promise<Reconciled> {
  const result: Reconciled = { restarted: [], failed: [], deleted: [] };
  const active = await db.vm.findMany({ where: { hostId, state: { notIn: ["stopped", "error", "suspended"] } }, select: { id: true } });
  const broken = await db.operation.findMany({ where: { hostId, state: "running", vmId: { not: null } }, select: { vmId: true } });
  const vmIds = new Set([...active.map(({ id }) => id), ...broken.map(({ vmId }) => vmId as string)]);
  for (const vmId of vmIds) {
    const outcome = await commit(db, (tx) => reconcileVm(tx, vmId));
    if (outcome) {
      result[outcome].push(vmId);
      log.warn({ vm: vmId, outcome }, "found running without a worker");
    }
  }
  return result;
}

async function reconcileVm(tx: Transaction, vmId: string): Promise<keyof Reconciled | null> {
  const vm = await lockVm(tx, vmId);
  const open = await tx.rows.operation.findMany({ where: { vmId, state: { in: ["queued", "running"] } }, orderBy: { createdAt: "asc" } });
  const running = open.filter(({ state }) => state === "running");
  const outcome = vm ? await settleVm(tx, vm, open, running) : null;
  for (const operation of running) await endOperation(tx, operation.id, holdsNow(operation, outcome) ? succeeded : lost);
  return outcome;
}

/** With the machine gone, what asked for just that is done. */
function holdsNow(operation: Operation, outcome: keyof Reconciled | null): boolean {
  if (operation.kind === "vm.delete") return outcome === "deleted" || outcome === null;
  return operation.kind === "vm.stop" || operation.kind === "vm.shutdown";
}

async function settleVm(tx: Transaction, vm: Vm, open: Operation[], running: Operation[]): Promise<keyof Reconciled | null> {
  const waits = (...kinds: string[]) => open.some(({ state, kind }) => state === "queued" && kinds.includes(kind));
  switch (vm.state) {
    case "creating":
    case "starting":
      // Its job will come.
      if (running.length === 0 && waits("vm.create", "vm.start")) return null;
      return fail(tx, vm);
    case "running":
      if (vm.desiredState !== "running") return fail(tx, vm);
      return restart(tx, vm);
    case "paused":
      return fail(tx, vm);
    case "stopping":
      await changeState(tx, vm, "stopped", { desiredState: "stopped" });
      return null;
    case "deleting":
      if (waits("vm.delete")) return null;
      await deleteVm(tx, vm);
      return "deleted";
    case "stopped":
    case "error":
    case "suspended":
      return null;
  }
}

/** The memory is gone: what could not be brought back by starting it again. */
async function fail(tx: Transaction, vm: Vm): Promise<"failed"> {
  await changeState(tx, vm, "error", { desiredState: "stopped", stateReason: "worker_lost" });
  return "failed";
}

/** As after a power cut: the machine boots again. */
async function restart(tx: Transaction, vm: Vm): Promise<"restarted"> {
  await changeState(tx, vm, "starting", { stateReason: "worker_lost" });
  await createOperation(
    tx,
    { projectId: vm.projectId, requestId: null, actor: null },
    { kind: "vm.start", vmId: vm.id, hostId: vm.hostId, resources: { vm: vm.id }, mayCancel: true },
  );
  return "restarted";
}
