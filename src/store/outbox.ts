import type { EventType } from "../contract/event.js";
import type { Database } from "./database.js";
import { isWriteConflict } from "./database.js";
import type { Prisma } from "./generated/client.js";
import { newId } from "./ids.js";

/** An event to be written with the rows that it tells of. */
export interface NewEvent {
  projectId: string;
  type: EventType;
  /** Id of what it is about. */
  subject: string;
  data: Prisma.InputJsonObject;
}

/** A transaction whose events are written with it. */
export interface Transaction {
  rows: Prisma.TransactionClient;
  /** Adds an event; it is written last, so that the outbox lock is held briefly. */
  record(event: NewEvent): void;
}

/** Channel that is notified at each commit with events. The payload is empty: readers ask for what is newer than what they have. */
export const eventChannel = "worldswitch_event";

/** Key of the advisory lock that orders commits; any constant that nobody else uses. */
const outboxLock = 0x5753_0001;
const attempts = 4;

/**
 * Runs `work` in one transaction and writes its events in it. From the first event row to the commit a lock is held, so that `seq` follows commit order:
 * whoever has seen an event has seen all earlier ones. Event rows refer to their project: so `work` locks rows that others refer to with FOR NO KEY
 * UPDATE, which foreign keys don't wait for (a create that held its project FOR UPDATE deadlocked with every event), and FOR UPDATE only to delete them.
 * `work` may run again when another transaction was in the way: it must do nothing but read and write rows.
 */
export async function commit<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.$transaction(async (rows) => {
        const events: NewEvent[] = [];
        const result = await work({ rows, record: (event) => events.push(event) });
        if (events.length > 0) {
          await rows.$executeRaw`SELECT pg_advisory_xact_lock(${outboxLock}::bigint)`;
          await rows.event.createMany({ data: events.map((event) => ({ ...event, id: newId("event") })) });
          await rows.$executeRaw`SELECT pg_notify(${eventChannel}, '')`;
        }
        return result;
      });
    } catch (error) {
      if (attempt >= attempts || !isWriteConflict(error)) throw error;
    }
  }
}

/** `seq` of the newest event: what a list carries so that following from there misses nothing. Read it before the list. */
export async function latestSeq(db: Pick<Database, "event">): Promise<bigint> {
  const newest = await db.event.aggregate({ _max: { seq: true } });
  return newest._max.seq ?? 0n;
}
