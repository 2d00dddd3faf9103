import type { EventFeed } from "../store/feed.js";

/**
 * Looks again at each event about `subject`, until `enough`, the time is up, or nobody waits any more. Never fails for being late:
 * answers what it saw last.
 */
export async function waitFor<T>(
  feed: EventFeed,
  subject: string,
  look: () => Promise<T>,
  enough: (seen: T) => boolean,
  timeoutMs: number,
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
    if (event.subject === subject) stir();
  });
  const timer = setTimeout(stop, timeoutMs);
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
