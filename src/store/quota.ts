/** What a project may have. Checked in the transaction that accepts more. */
import type { Quota } from "../contract/access.js";
import type { Transaction } from "./outbox.js";

/** The quota would be exceeded: `used` is what there is already. */
export interface Exceeded {
  limit: keyof Quota;
  allowed: number;
  used: number;
}

const MiB = 1024 * 1024;

/** What one more machine would exceed, or null. */
export async function machineQuota(tx: Transaction, projectId: string, memoryMiB: number): Promise<Exceeded | null> {
  const quota = await lockQuota(tx, projectId);
  if (quota.machines === undefined && quota.memoryMiB === undefined) return null;
  const { _count: machines, _sum } = await tx.rows.vm.aggregate({ where: { projectId }, _count: true, _sum: { memoryMiB: true } });
  return exceeded(quota, "machines", machines, 1) ?? exceeded(quota, "memoryMiB", _sum.memoryMiB ?? 0, memoryMiB);
}

/** What there may be of uploaded files beside those that there are, in bytes, and what more would exceed. */
export interface DiskRoom {
  bytes: number;
  beyond: Exceeded;
}

/** null: without bound. */
export async function diskRoom(tx: Transaction, projectId: string): Promise<DiskRoom | null> {
  const { diskMiB } = await lockQuota(tx, projectId);
  if (diskMiB === undefined) return null;
  const { _sum } = await tx.rows.imageFile.aggregate({ where: { projectId }, _sum: { sizeBytes: true } });
  const usedBytes = Number(_sum.sizeBytes ?? 0);
  return { bytes: diskMiB * MiB - usedBytes, beyond: { limit: "diskMiB", allowed: diskMiB, used: usedBytes / MiB } };
}

/** Requests of a project that has a quota take turns here, so that two cannot both use the last of it. */
async function lockQuota(tx: Transaction, projectId: string): Promise<Quota> {
  const seen = await tx.rows.project.findUnique({ where: { id: projectId }, select: { quota: true } });
  if (seen === null || Object.keys(seen.quota as Quota).length === 0) return {};
  const [project] = await tx.rows.$queryRaw<{ quota: Quota }[]>`SELECT quota FROM project WHERE id = ${projectId} FOR NO KEY UPDATE`;
  return project?.quota ?? {};
}

function exceeded(quota: Quota, limit: keyof Quota, used: number, more: number): Exceeded | null {
  const allowed = quota[limit];
  return allowed !== undefined && used + more > allowed ? { limit, allowed, used } : null;
}
