import type { Database } from "./database.js";
import type { Host } from "./generated/client.js";
import { newId, systemProjectId } from "./ids.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

export type { Host };

/** A host that has not been heard of for this long gets no new machines, in milliseconds. */
export const hostSilenceMs = 20_000;

export interface HostReport {
  name: string;
  streamUrl: string;
  /** Drawn anew by each worker process. */
  incarnation: string;
  cpus: number;
  memoryMiB: number;
}

export const newHostId = () => newId("host");

/** Writes the row of a host whose worker has just started. */
export async function registerHost(db: Database, id: string, report: HostReport): Promise<Host> {
  const now = new Date();
  const fields = { ...report, startedAt: now, heartbeatAt: now };
  return db.host.upsert({ where: { id }, create: { ...fields, id, projectId: systemProjectId }, update: fields });
}

/** Those whose workers have been heard of lately. */
export function liveHosts(db: Database, now: Date): Promise<Host[]> {
  return db.host.findMany({ where: { heartbeatAt: { gt: new Date(now.getTime() - hostSilenceMs) } }, orderBy: { id: "asc" } });
}

/** With `machines`: how many of the project live there. */
export async function listHosts(db: Database, projectId: string, page: PageRequest): Promise<(Host & { machines: number })[]> {
  const hosts = await db.host.findMany({ where: { AND: beyond(page) }, ...newestFirst(page) });
  const counts = await db.vm.groupBy({ by: ["hostId"], where: { projectId, hostId: { in: hosts.map(({ id }) => id) } }, _count: true });
  return hosts.map((host) => ({ ...host, machines: counts.find(({ hostId }) => hostId === host.id)?._count ?? 0 }));
}

export function isAlive({ heartbeatAt }: Host, now: Date): boolean {
  return heartbeatAt.getTime() > now.getTime() - hostSilenceMs;
}

/** False: another worker has taken this host over. */
export async function heartbeat(db: Database, id: string, incarnation: string): Promise<boolean> {
  const { count } = await db.host.updateMany({ where: { id, incarnation }, data: { heartbeatAt: new Date() } });
  return count === 1;
}

/** The worker ends in order: no machine is sent here until it comes back, as if it had been silent for some time. */
export async function retireHost(db: Database, id: string, incarnation: string): Promise<void> {
  await db.host.updateMany({ where: { id, incarnation }, data: { heartbeatAt: new Date(Date.now() - 3 * hostSilenceMs) } });
}

/** Removes hosts that have been silent since `before` and have no machines: they were taken out of the installation. */
export async function forgetHosts(db: Database, before: Date): Promise<void> {
  await db.host.deleteMany({ where: { heartbeatAt: { lt: before }, vms: { none: {} } } });
}
