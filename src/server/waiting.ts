import type { EventFeed } from "../store/feed.js";
import type { Event } from "../store/generated/client.js";

/** Events that tell of a resource, or of an operation on it. */
export function about(id: string): (event: Event) => boolean {
  return ({ subject, data }) => {
    if (subject === id) return true;
    const { resources } = data as { resources?: Record<string, string> };
    return resources !== undefined && Object.values(resources).includes(id);
  };
}

/**
 * Looks again at each event that `concerns` it, and when the database was restored, until `enough`, the time is up, or nobody waits any more. Never fails for being late:
 * answers what it saw last.
 */
export async function waitFor<T>(
  feed: EventFeed,
  concerns: (event: Event) => boolean,
  look: () => Promise<T>,
  enough: (seen: T) => boolean,
  timeoutMs: number | null,
  signal: AbortSignal,
): Promise<T> {
  let wake = (): void => {};
  let stirred = false;
  let over = false;
  const stir = () => {
    stirred = true;
    wake();
  };
  const stop = () => {
    over = true;
    wake();
  };
  const unsubscribe = feed.subscribe((event) => {
    if (concerns(event)) stir();
  }, stir);
  const timer = timeoutMs === null ? undefined : setTimeout(stop, timeoutMs);
  signal.addEventListener("abort", stop);
  if (signal.aborted) over = true;
  try {
    for (;;) {
      stirred = false;
      const seen = await look();
      if (over || enough(seen)) return seen;
      // An event that came during the look has woken nobody: look again at once.
      if (!stirred) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (stirred || over) resolve();
        });
      }
    }
  } finally {
    clearTimeout(timer);
    unsubscribe();
    signal.removeEventListener("abort", stop);
  }
}
