import type { Event } from "../contract/event.js";
import type { Database } from "../store/database.js";
import { eventsAfter, oldestSeq } from "../store/event-list.js";
import type { EventFeed } from "../store/feed.js";
import { latestSeq } from "../store/outbox.js";
import { showEvent } from "./representation.js";

const pageSize = 200;

/**
 * Events of a project after `from`, until `signal`. Rows are read as fast as the consumer takes them, so a slow one holds nothing in memory.
 * Begins with a `gap` event where what comes after `from` is no longer kept in whole, or where `from` has not been yet (the database was restored to an
 * earlier time); from 0 means: all that is kept.
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
  const stir = () => {
    stirred = true;
    wake();
  };
  const unsubscribe = feed.subscribe((event) => {
    if (event.projectId === projectId) stir();
  });
  signal.addEventListener("abort", stir);
  try {
    let seq = from;
    const [oldest, newest] = [await oldestSeq(db), await latestSeq(db)];
    if (from > newest) {
      seq = newest;
      yield gap(projectId, from, newest);
    } else if (from > 0n && oldest !== null && from + 1n < oldest) {
      yield gap(projectId, from, oldest - 1n);
    }
    while (!signal.aborted) {
      stirred = false;
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
