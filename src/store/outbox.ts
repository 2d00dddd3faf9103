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
        if (events.length > 0) await write(rows, events);
        return result;
      });
    } catch (error) {
      if (attempt >= attempts || !isWriteConflict(error)) throw error;
    }
  }
}

/**
 * In one statement, since everybody else's commit waits from here on: the lock first (a row comes out of the join only when it is held), then the rows in
 * their order, each with the next `seq`.
 */
async function write(rows: Prisma.TransactionClient, events: NewEvent[]): Promise<void> {
  const told = JSON.stringify(events.map((event) => ({ ...event, id: newId("event") })));
  await rows.$executeRaw`
    WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(${outboxLock}::bigint)),
    told AS (
      INSERT INTO event (id, project_id, type, subject, data, time)
      SELECT e.told->>'id', e.told->>'projectId', e.told->>'type', e.told->>'subject', e.told->'data', clock_timestamp()
      FROM turn, jsonb_array_elements(${told}::jsonb) WITH ORDINALITY AS e(told, n)
      ORDER BY e.n
    )
    SELECT pg_notify(${eventChannel}, '')`;
}

/** `seq` of the newest event: what a list carries so that following from there misses nothing. Read it before the list. */
export async function latestSeq(db: Pick<Database, "event">): Promise<bigint> {
  const newest = await db.event.aggregate({ _max: { seq: true } });
  return newest._max.seq ?? 0n;
}
