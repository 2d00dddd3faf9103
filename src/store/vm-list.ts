/** Reading machines of a project. */
import type { VmState } from "../contract/vm-states.js";
import type { Database } from "./database.js";
import { Prisma, type Vm } from "./generated/client.js";
import type { PageRequest } from "./paging.js";
import { vmColumns } from "./vms.js";

export interface LabelCondition {
  key: string;
  /** null: any value. */
  value: string | null;
}

export function findVm(db: Database, projectId: string, id: string): Promise<Vm | null> {
  return db.vm.findFirst({ where: { id, projectId } });
}

/** Ids of the project's machines that have a VM process, by the host they are on. */
export async function runningByHost(db: Database, projectId: string): Promise<Map<string, Set<string>>> {
  const rows = await db.vm.findMany({
    where: { projectId, state: { in: ["running", "paused"] }, hostId: { not: null } },
    select: { id: true, hostId: true },
  });
  const byHost = new Map<string, Set<string>>();
  for (const { id, hostId } of rows) {
    if (hostId === null) continue;
    const ids = byHost.get(hostId) ?? new Set();
    byHost.set(hostId, ids.add(id));
  }
  return byHost;
}

/**
 * A page, newest first. Not by Prisma: what it makes of a label takes eight times as long for each row, and of a cursor no range of the index.
 * @param conditions all of the labels and one of the states must hold; null: any state
 */
export function listVms(
  db: Database,
  projectId: string,
  { labels, states }: { labels: LabelCondition[]; states: VmState[] | null },
  { after, limit }: PageRequest,
): Promise<Vm[]> {
  const labelled = labels.map(({ key, value }) =>
    value === null ? Prisma.sql`labels ? ${key}` : Prisma.sql`labels @> ${JSON.stringify({ [key]: value })}::jsonb`,
  );
  const where = [
    Prisma.sql`project_id = ${projectId}`,
    ...labelled,
    ...(states === null ? [] : [Prisma.sql`state = ANY(${states}::vm_state[])`]),
    ...(after === null ? [] : [Prisma.sql`(created_at, id) < (${after.createdAt}, ${after.id})`]),
  ];
  return db.$queryRaw<Vm[]>`
    SELECT ${vmColumns} FROM vm WHERE ${Prisma.join(where, " AND ")} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`;
}
