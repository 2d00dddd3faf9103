import type { Database } from "./database.js";
import { hostSilenceMs } from "./hosts.js";
import { endOperation } from "./operations.js";
import { commit, type Transaction } from "./outbox.js";
import { changeState, lockVm } from "./vms.js";

/** Held while a machine is placed, so that two cannot both take a host's last memory. */
const placementLock = 0x5753_0003;

/**
 * Gives a queued operation to the host of its vm, choosing one if the vm has none yet: the one with most memory left. Answers the host's id, or null when there is
 * nothing left to do: the operation has ended, or ends here because no host has room.
 */
export async function placeOperation(db: Database, operationId: string): Promise<string | null> {
  return commit(db, async (tx) => {
    const operation = await tx.rows.operation.findFirst({ where: { id: operationId, state: "queued" } });
    if (!operation?.vmId) return null;
    const vm = await lockVm(tx, operation.vmId);
    const hostId = operation.hostId ?? vm?.hostId ?? (await chooseHost(tx, vm?.memoryMiB ?? 0));
    if (hostId === null) {
      const message = `no host has ${vm?.memoryMiB} MiB of memory left`;
      await endOperation(tx, operationId, { state: "failed", error: { code: "no_host", message } });
      if (vm?.state === "creating") await changeState(tx, vm, "error", { desiredState: "stopped", stateReason: "no_host" });
      return null;
    }
    await tx.rows.operation.updateMany({ where: { id: operationId, state: "queued" }, data: { hostId } });
    if (vm && vm.hostId === null) {
      await tx.rows.vm.update({ where: { id: vm.id }, data: { hostId, version: { increment: 1 } } });
      tx.record({ projectId: vm.projectId, type: "vm.updated", subject: vm.id, data: { host: hostId } });
    }
    return hostId;
  });
}

/** Memory counts as used where a machine runs, or soon will. */
async function chooseHost(tx: Transaction, memoryMiB: number): Promise<string | null> {
  await tx.rows.$executeRaw`SELECT pg_advisory_xact_lock(${placementLock}::bigint)`;
  const hosts = await tx.rows.host.findMany({ where: { heartbeatAt: { gt: new Date(Date.now() - hostSilenceMs) } } });
  const used = await tx.rows.vm.groupBy({
    by: ["hostId"],
    where: { state: { in: ["creating", "starting", "running", "paused", "stopping"] } },
    _sum: { memoryMiB: true },
  });
  const left = hosts.map((host) => {
    const taken = used.find(({ hostId }) => hostId === host.id)?._sum.memoryMiB ?? 0;
    return { id: host.id, memoryMiB: host.memoryMiB - taken };
  });
  const fitting = left.filter((host) => host.memoryMiB >= memoryMiB).sort((a, b) => b.memoryMiB - a.memoryMiB);
  return fitting[0]?.id ?? null;
}
