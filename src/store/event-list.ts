/** Reading the outbox of a project, and what is kept of it. */
import type { Database } from "./database.js";
import type { Event } from "./generated/client.js";
import { latestSeq } from "./outbox.js";

export function eventsAfter(db: Database, projectId: string, seq: bigint, limit: number): Promise<Event[]> {
  return db.event.findMany({ where: { projectId, seq: { gt: seq } }, orderBy: { seq: "asc" }, take: limit });
}

/** `seq` of the oldest event that is kept, of any project; null when there is none. */
export async function oldestSeq(db: Database): Promise<bigint | null> {
  const oldest = await db.event.aggregate({ _min: { seq: true } });
  return oldest._min.seq;
}

/** Deletes events of before `time`, but never the newest of all: by it, whoever comes back later is told of what has gone. */
export async function sweepEvents(db: Database, time: Date): Promise<void> {
  const newest = await latestSeq(db);
  await db.event.deleteMany({ where: { time: { lt: time }, seq: { lt: newest } } });
}
