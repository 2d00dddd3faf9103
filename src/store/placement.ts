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

/**
 * The host with most memory left, if that is enough; nobody else chooses until the transaction ends. Memory counts as used where a machine runs, or
 * soon will.
 */
export async function chooseHost(tx: Transaction, memoryMiB: number): Promise<string | null> {
  await tx.rows.$executeRaw`SELECT pg_advisory_xact_lock(${placementLock}::bigint)`;
  const [host] = await tx.rows.$queryRaw<{ id: string }[]>`
    SELECT host.id FROM host LEFT JOIN (
      SELECT host_id, sum(memory_mib) AS mib FROM vm
      WHERE state IN ('creating', 'starting', 'running', 'paused', 'stopping') GROUP BY host_id
    ) AS used ON used.host_id = host.id
    WHERE heartbeat_at > clock_timestamp() - ${hostSilenceMs} * interval '1 millisecond' AND memory_mib - coalesce(used.mib, 0) >= ${memoryMiB}
    ORDER BY memory_mib - coalesce(used.mib, 0) DESC, host.id LIMIT 1`;
  return host?.id ?? null;
}

/** By host: the memory that counts as used there. */
export async function assignedMemoryMiB(rows: Pick<Database, "vm">): Promise<Map<string, number>> {
  const sums = await rows.vm.groupBy({
    by: ["hostId"],
    where: { hostId: { not: null }, state: { in: ["creating", "starting", "running", "paused", "stopping"] } },
    _sum: { memoryMiB: true },
  });
  return new Map(sums.map(({ hostId, _sum }) => [hostId as string, _sum.memoryMiB ?? 0]));
}
