/** What waits for a host that is not there. Its machines stay as their rows say: whether they run only their worker can tell, and does when it is back. */
import type { Database } from "./database.js";
import type { Host } from "./hosts.js";
import { endOperation, type Operation, open } from "./operations.js";
import { commit } from "./outbox.js";
import { lockVm } from "./vms.js";

/** A host that has not been heard of for so long is lost, until it is heard of again; and so long anything may wait for it. In milliseconds. */
const lostMs = 60_000;

/** Ends operations that wait for lost hosts. Creates that have not begun there are placed anew instead: answers their ids, which now belong on the placement queue. */
export async function releaseLostHosts(db: Database, now: Date): Promise<string[]> {
  const before = new Date(now.getTime() - lostMs);
  const lost = await db.host.findMany({ where: { heartbeatAt: { lt: before } } });
  const placedAnew: string[] = [];
  for (const host of lost) {
    const waiting = await db.operation.findMany({
      where: { ...open, hostId: host.id, createdAt: { lt: before } },
      orderBy: { createdAt: "asc" },
    });
    for (const operation of waiting) if (await release(db, operation, host, before)) placedAnew.push(operation.id);
  }
  return placedAnew;
}

/** True: it is to be placed anew. */
function release(db: Database, { id, vmId }: Operation, host: Host, before: Date): Promise<boolean> {
  return commit(db, async (tx) => {
    const vm = vmId === null ? null : await lockVm(tx, vmId);
    if (vm?.state === "creating" && vm.generation === 0) {
      const { count } = await tx.rows.operation.updateMany({
        where: { id, kind: "vm.create", state: "queued", hostId: host.id },
        data: { hostId: null },
      });
      if (count > 0) {
        await tx.rows.vm.update({ where: { id: vm.id }, data: { hostId: null, version: { increment: 1 } } });
        tx.record({ projectId: vm.projectId, type: "vm.updated", subject: vm.id, data: { host: null } });
        return true;
      }
    }
    const isLost = (await tx.rows.host.count({ where: { id: host.id, heartbeatAt: { lt: before } } })) > 0;
    const message = `the machine's host (${host.name}) has not been heard of for a minute; what it was at is settled when it is back`;
    if (isLost) await endOperation(tx, id, { state: "failed", error: { code: "worker_lost", message } });
    return false;
  });
}
