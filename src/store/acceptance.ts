/**
 * What a request for a machine comes to: decided and written in one transaction (operation, vm and event rows). Afterwards the caller hands the operation
 * to the queue; if that fails, the sweeper does.
 */
import { decide, desiredOnAccept, stateOnAccept, type VmAction, type VmOperationKind, type VmState } from "../contract/vm-states.js";
import type { Database } from "./database.js";
import type { Prisma, Vm } from "./generated/client.js";
import { newId } from "./ids.js";
import { type Asker, createOperation, type Operation, open, supersede } from "./operations.js";
import { commit } from "./outbox.js";
import { chooseHost } from "./placement.js";
import { type Exceeded, machineQuota } from "./quota.js";
import { changeState, lockVm } from "./vms.js";

export interface NewVm {
  name?: string;
  imageId: string;
  /** Nothing has to be prepared for it. */
  imageReady: boolean;
  memoryMiB: number;
  cmdline: string | null;
  labels: Record<string, string>;
  start: boolean;
  expiresAt: Date | null;
}

export type CreateOutcome = { outcome: "accepted"; operation: Operation; vm: Vm } | ({ outcome: "quota_exceeded" } & Exceeded);

/**
 * Creates a vm in state `creating`, within the project's quota, and on a host where one has room. The image must exist and be usable: the caller has looked.
 * A machine that is not to be started, of an image that is ready, gives a host nothing to do: it is `stopped`, and its operation has succeeded, in the same commit.
 */
export async function acceptCreate(db: Database, asker: Asker, wanted: NewVm): Promise<CreateOutcome> {
  return commit(db, async (tx) => {
    const exceeded = await machineQuota(tx, asker.projectId, wanted.memoryMiB);
    if (exceeded) return { outcome: "quota_exceeded", ...exceeded };
    const id = newId("vm");
    const { start, name, imageReady, ...fields } = wanted;
    // Where no host has room just now, the placement queue goes on looking.
    const hostId = await chooseHost(tx, wanted.memoryMiB);
    const vm = await tx.rows.vm.create({
      data: {
        ...fields,
        id,
        hostId,
        name: name ?? id.replace("_", "-"),
        projectId: asker.projectId,
        state: "creating",
        desiredState: start ? "running" : "stopped",
      },
    });
    tx.record({ projectId: vm.projectId, type: "vm.created", subject: vm.id, data: { name: vm.name, imageId: vm.imageId, host: hostId } });
    const done = !start && imageReady && hostId !== null;
    const made = done ? await changeState(tx, vm, "stopped") : vm;
    const operation = await createOperation(tx, asker, {
      kind: "vm.create",
      vmId: vm.id,
      hostId,
      resources: { vm: vm.id, image: vm.imageId },
      mayCancel: true,
      holds: done,
    });
    return { outcome: "accepted", operation, vm: made };
  });
}

export type ActionOutcome =
  | { outcome: "accepted" | "joined" | "holds"; operation: Operation }
  | { outcome: "conflict"; state: VmState }
  | { outcome: "not_found" }
  /** `ifVersion` was given and the row has changed. */
  | { outcome: "precondition_failed"; version: number };

/** Decides an action by the contract's table and writes what follows from it. Only `accepted` needs the queue. */
export async function acceptAction(
  db: Database,
  asker: Asker,
  vmId: string,
  action: VmAction,
  options: { ifVersion?: number } = {},
): Promise<ActionOutcome> {
  return commit(db, async (tx) => {
    const vm = await lockVm(tx, vmId);
    if (!vm || vm.projectId !== asker.projectId) return { outcome: "not_found" };
    if (options.ifVersion !== undefined && options.ifVersion !== vm.version) {
      return { outcome: "precondition_failed", version: vm.version };
    }
    const underWay = await tx.rows.operation.findMany({ where: { vmId, ...open }, orderBy: [{ createdAt: "desc" }, { id: "desc" }] });
    const newest = underWay[0];
    const decision = decide(action, vm.state, newest ? { kind: newest.kind as VmOperationKind, desired: vm.desiredState } : null);
    switch (decision) {
      case "conflict":
        return { outcome: "conflict", state: vm.state };
      case "join":
        return { outcome: "joined", operation: newest };
      case "holds":
        return { outcome: "holds", operation: await createOperation(tx, asker, { ...aboutVm(vm, action), holds: true }) };
      case "accept": {
        const error = { code: "superseded", message: `the machine was asked to ${action}` };
        for (const operation of underWay) await supersede(tx, operation, error);
        await changeState(tx, vm, stateOnAccept[action] ?? vm.state, keepReason(vm, action));
        return { outcome: "accepted", operation: await createOperation(tx, asker, aboutVm(vm, action)) };
      }
    }
  });
}

function aboutVm(vm: Vm, action: VmAction) {
  const kind: VmOperationKind = `vm.${action}`;
  return { kind, vmId: vm.id, hostId: vm.hostId, resources: { vm: vm.id } satisfies Prisma.InputJsonObject, mayCancel: action === "start" };
}

/** Deleting a faulty machine doesn't make anyone forget why it failed. */
function keepReason(vm: Vm, action: VmAction) {
  const desiredState = desiredOnAccept[action];
  return { ...(desiredState ? { desiredState } : {}), ...(action === "delete" ? { stateReason: vm.stateReason } : {}) };
}

export type CancelOutcome =
  | { outcome: "accepted"; operation: Operation }
  | { outcome: "conflict"; operation: Operation }
  | { outcome: "not_found" };

/** Cancels an operation that may be: ended at once when it was queued, else its worker ends it soon. */
export async function acceptCancel(db: Database, asker: Asker, operationId: string): Promise<CancelOutcome> {
  return commit(db, async (tx) => {
    const before = await tx.rows.operation.findFirst({ where: { id: operationId, projectId: asker.projectId } });
    if (!before) return { outcome: "not_found" };
    if (before.cancelRequestedAt) return { outcome: "accepted", operation: before };
    if (!before.mayCancel) return { outcome: "conflict", operation: before };
    const vm = before.vmId ? await lockVm(tx, before.vmId) : null;
    const ended = await supersede(tx, before, { code: "cancelled", message: "cancelled by request" });
    if (ended && vm && (vm.state === "creating" || vm.state === "starting")) {
      await changeState(tx, vm, "stopped", { desiredState: "stopped", stateReason: "cancelled" });
    }
    const operation = await tx.rows.operation.findUniqueOrThrow({ where: { id: operationId } });
    return ended || operation.cancelRequestedAt ? { outcome: "accepted", operation } : { outcome: "conflict", operation };
  });
}
