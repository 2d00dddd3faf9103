/**
 * What waits for a host that is not there. Its machines stay as their rows say: whether they run only their worker can tell, and does when it is back. One that is
 * to be deleted is gone, whether its worker comes back or not: that one ends what has no row (src/worker/departed.ts).
 */
import { type Database, databaseTime } from "./database.js";
import { type Host, hostLostMs, lostHosts } from "./hosts.js";
import { endOperation, type Operation, open } from "./operations.js";
import { commit, type Transaction } from "./outbox.js";
import { deleteVm, lockVm, type Vm } from "./vms.js";

/**
 * Settles operations that have waited for a lost host as long as it takes to call it lost. Creates that have not begun there are placed anew: answers their ids, which
 * now belong on the placement queue. Deletes are done, and the others fail.
 */
export async function releaseLostHosts(db: Database): Promise<string[]> {
  const lost = await lostHosts(db);
  if (lost.length === 0) return [];
  const createdAt = { lt: new Date((await databaseTime(db)).getTime() - hostLostMs) };
  const placedAnew: string[] = [];
  for (const host of lost) {
    const waiting = await db.operation.findMany({ where: { ...open, hostId: host.id, createdAt }, orderBy: { createdAt: "asc" } });
    for (const operation of waiting) if (await release(db, operation, host)) placedAnew.push(operation.id);
  }
  return placedAnew;
}

/** True: it is to be placed anew. */
function release(db: Database, operation: Operation, host: Host): Promise<boolean> {
  return commit(db, async (tx) => {
    const vm = operation.vmId === null ? null : await lockVm(tx, operation.vmId);
    const isLost = (await lostHosts(tx.rows, host.id)).length > 0;
    if (!isLost) return false;
    if (vm?.state === "creating" && vm.generation === 0 && (await unplace(tx, operation, vm))) return true;
    if (operation.kind === "vm.delete") {
      if (vm) await deleteVm(tx, vm);
      await endOperation(tx, operation.id, { state: "succeeded" });
      return false;
    }
    const message = `the machine's host (${host.name}) has not been heard of for a minute; what it was at is settled when it is back`;
    await endOperation(tx, operation.id, { state: "failed", error: { code: "worker_lost", message } });
    return false;
  });
}

/** Takes a create that has not begun, and its machine, from their host. False: it has begun. */
async function unplace(tx: Transaction, { id, hostId }: Operation, vm: Vm): Promise<boolean> {
  const where = { id, kind: "vm.create", state: "queued", hostId } as const;
  const { count } = await tx.rows.operation.updateMany({ where, data: { hostId: null } });
  if (count === 0) return false;
  await tx.rows.vm.update({ where: { id: vm.id }, data: { hostId: null, version: { increment: 1 } } });
  tx.record({ projectId: vm.projectId, type: "vm.updated", subject: vm.id, data: { host: null } });
  return true;
}
