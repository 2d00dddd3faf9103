/** Reading the outbox of a project. */
import type { Database } from "./database.js";
import type { Event } from "./generated/client.js";

export function eventsAfter(db: Database, projectId: string, seq: bigint, limit: number): Promise<Event[]> {
  return db.event.findMany({ where: { projectId, seq: { gt: seq } }, orderBy: { seq: "asc" }, take: limit });
}

/** `seq` of the oldest event that is kept, of any project; null when there is none. */
export async function oldestSeq(db: Database): Promise<bigint | null> {
  const oldest = await db.event.aggregate({ _min: { seq: true } });
  return oldest._min.seq;
}
