import type { Database } from "./database.js";
import type { Host } from "./generated/client.js";
import { newId, systemProjectId } from "./ids.js";

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

/** False: another worker has taken this host over. */
export async function heartbeat(db: Database, id: string, incarnation: string): Promise<boolean> {
  const { count } = await db.host.updateMany({ where: { id, incarnation }, data: { heartbeatAt: new Date() } });
  return count === 1;
}

/** The worker ends in order: no machine is sent here until it comes back. */
export async function retireHost(db: Database, id: string, incarnation: string): Promise<void> {
  await db.host.updateMany({ where: { id, incarnation }, data: { heartbeatAt: new Date(0) } });
}
