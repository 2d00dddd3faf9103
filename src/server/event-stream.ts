import type { Event } from "../contract/event.js";
import type { Database } from "../store/database.js";
import { eventsAfter, oldestSeq } from "../store/event-list.js";
import type { EventFeed } from "../store/feed.js";
import { latestSeq } from "../store/outbox.js";
import { showEvent } from "./representation.js";

const pageSize = 200;

/**
 * Events of a project after `from`, until `signal`. Rows are read as fast as the consumer takes them, so a slow one holds nothing in memory.
 * Begins with a `gap` event where what comes after `from` is no longer kept in whole; from 0 means: all that is kept. Another comes where it is ahead of all
 * events: the database was restored to an earlier time, before this or meanwhile.
 */
export async function* followEvents(
  db: Database,
  feed: EventFeed,
  projectId: string,
  from: bigint,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  let wake = (): void => {};
  let stirred = false;
  let mayBeAhead = true;
  const stir = () => {
    stirred = true;
    wake();
  };
  const rewound = () => {
    mayBeAhead = true;
    stir();
  };
  const unsubscribe = feed.subscribe((event) => {
    if (event.projectId === projectId) stir();
  }, rewound);
  signal.addEventListener("abort", stir);
  try {
    let seq = from;
    const oldest = await oldestSeq(db);
    if (from > 0n && oldest !== null && from + 1n < oldest) yield gap(projectId, from, oldest - 1n);
    while (!signal.aborted) {
      stirred = false;
      if (mayBeAhead) {
        mayBeAhead = false;
        const newest = await latestSeq(db);
        if (seq > newest) {
          yield gap(projectId, seq, newest);
          seq = newest;
        }
      }
      const rows = await eventsAfter(db, projectId, seq, pageSize);
      for (const row of rows) {
        if (signal.aborted) return;
        seq = row.seq;
        yield showEvent(row);
      }
      if (rows.length === 0 && !stirred) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (stirred || signal.aborted) resolve();
        });
      }
    }
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", stir);
  }
}

/** What was between `from` and `to` is gone: whoever follows has to list again. */
function gap(projectId: string, from: bigint, to: bigint): Event {
  const data = { from: Number(from), to: Number(to) };
  return { id: `evt_gap${to}`, seq: Number(to), type: "gap", time: new Date().toISOString(), projectId, subject: projectId, data };
}
