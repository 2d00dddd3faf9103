/**
 * Hosts, and which of them have been heard of lately. All times are the database's, and a long silence counts only where another host has been heard of all the
 * while: when the database was away nobody could be.
 */
import { type Database, databaseTime } from "./database.js";
import type { Host } from "./generated/client.js";
import { newId, systemProjectId } from "./ids.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

export type { Host };

/** A host that has not been heard of for this long gets no new machines, in milliseconds. */
export const hostSilenceMs = 20_000;

/** A host that has not been heard of for this long is lost, until it is heard of again, in milliseconds. */
export const hostLostMs = 60_000;

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
  const now = await databaseTime(db);
  const fields = { ...report, startedAt: now, heartbeatAt: now, heardSince: now };
  return db.host.upsert({ where: { id }, create: { ...fields, id, projectId: systemProjectId }, update: fields });
}

/** Those whose workers have been heard of lately. */
export async function liveHosts(db: Database): Promise<Host[]> {
  return db.host.findMany({ where: { heartbeatAt: { gt: before(await databaseTime(db), hostSilenceMs) } }, orderBy: { id: "asc" } });
}

/** Those that have not been heard of for so long that what waits for them is given up, or only the one with `id` if it is one of them. */
export async function lostHosts(rows: Pick<Database, "host" | "$queryRaw">, id?: string): Promise<Host[]> {
  const now = await databaseTime(rows);
  const witnesses = await rows.host.count({
    where: { heardSince: { lte: before(now, hostLostMs) }, heartbeatAt: { gt: before(now, hostSilenceMs) } },
  });
  if (witnesses === 0) return [];
  return rows.host.findMany({ where: { id, heartbeatAt: { lt: before(now, hostLostMs) } }, orderBy: { id: "asc" } });
}

export interface ListedHost extends Host {
  /** How many of the project's live there. */
  machines: number;
  /** Heard of lately. */
  alive: boolean;
}

export async function listHosts(db: Database, projectId: string, page: PageRequest): Promise<ListedHost[]> {
  const now = await databaseTime(db);
  const hosts = await db.host.findMany({ where: { AND: beyond(page) }, ...newestFirst(page) });
  const counts = await db.vm.groupBy({ by: ["hostId"], where: { projectId, hostId: { in: hosts.map(({ id }) => id) } }, _count: true });
  return hosts.map((host) => ({
    ...host,
    machines: counts.find(({ hostId }) => hostId === host.id)?._count ?? 0,
    alive: host.heartbeatAt > before(now, hostSilenceMs),
  }));
}

/** False: another worker has taken this host over. */
export async function heartbeat(db: Database, id: string, incarnation: string): Promise<boolean> {
  const count = await db.$executeRaw`
    UPDATE host SET heartbeat_at = now(),
      heard_since = CASE WHEN heartbeat_at < now() - ${hostSilenceMs} * interval '1 millisecond' THEN now() ELSE heard_since END
    WHERE id = ${id} AND incarnation = ${incarnation}`;
  return count === 1;
}

/** The worker ends in order: no machine is sent here until it comes back, as if it had been silent for some time. */
export async function retireHost(db: Database, id: string, incarnation: string): Promise<void> {
  const heartbeatAt = before(await databaseTime(db), hostLostMs);
  await db.host.updateMany({ where: { id, incarnation }, data: { heartbeatAt } });
}

/** Removes hosts that have been silent since `time` and have no machines: they were taken out of the installation. */
export async function forgetHosts(db: Database, time: Date): Promise<void> {
  await db.host.deleteMany({ where: { heartbeatAt: { lt: time }, vms: { none: {} } } });
}

const before = (time: Date, ms: number) => new Date(time.getTime() - ms);
