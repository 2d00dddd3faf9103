/** Reading machines of a project. */
import type { VmState } from "../contract/vm-states.js";
import type { Database } from "./database.js";
import type { Prisma, Vm } from "./generated/client.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

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

/** @param conditions all of the labels and one of the states must hold; null: any state */
export function listVms(
  db: Database,
  projectId: string,
  conditions: { labels: LabelCondition[]; states: VmState[] | null },
  page: PageRequest,
): Promise<Vm[]> {
  const labels = conditions.labels.map(labelWhere);
  const states = conditions.states === null ? {} : { state: { in: conditions.states } };
  return db.vm.findMany({ where: { projectId, ...states, AND: [...labels, ...beyond(page)] }, ...newestFirst(page) });
}

function labelWhere({ key, value }: LabelCondition): Prisma.VmWhereInput {
  // Every label is a string, and no string sorts before the empty one: so this holds where the key is there at all.
  return { labels: value === null ? { path: [key], string_starts_with: "" } : { path: [key], equals: value } };
}
