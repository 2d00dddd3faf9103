import { once } from "node:events";
import type { Response } from "express";
import { events } from "../../contract/endpoints/service.js";
import type { Event } from "../../contract/event.js";
import { latestSeq } from "../../store/outbox.js";
import { followEvents } from "../event-stream.js";
import { linkedTo } from "../linked-signal.js";
import { ProblemError } from "../problem.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import type { OpenStreams } from "../streams/open-streams.js";

/** Server-sent events; the same path as a WebSocket is in upgrade.ts. */
export function eventRoutes(router: Router, { db, feed, settings }: Service, openStreams: OpenStreams): void {
  router.serve(events, async ({ projectId, query, caller, request, response, signal }) => {
    // A browser that comes back asks for the same URL, `from` and all: where it was says the header.
    const from = lastEventId(request.headers["last-event-id"]?.toString()) ?? query.from;
    const begin = from === undefined ? await latestSeq(db) : BigInt(from);
    const place = openStreams.take(projectId, "events");
    response
      .status(200)
      .set({ "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
    if (request.method === "HEAD") {
      place.leave();
      response.end();
      return null;
    }
    const over = linkedTo(signal);
    place.opened(caller.tokenId, () => over.abort());
    // The first bytes, for whoever holds headers back until there are some: how soon to come back, in milliseconds.
    response.write("retry: 1000\n\n");
    const comments = setInterval(() => response.writableNeedDrain || response.write(":\n\n"), settings.commentMs);
    try {
      for await (const event of followEvents(db, feed, projectId, begin, over.signal)) {
        await write(response, event, settings.stalledMs, over.signal);
      }
    } finally {
      over.abort();
      clearInterval(comments);
      place.leave();
      response.end();
    }
    return null;
  });
}

function lastEventId(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header)) throw new ProblemError("invalid_request", "Last-Event-ID is the seq of an event");
  return Number(header);
}

/** Waits where the peer does not keep up; one that takes nothing is cut off, and one that still has not taken it at the stream's end. */
async function write(response: Response, event: Event, stalledMs: number, signal: AbortSignal): Promise<void> {
  if (response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`)) return;
  const cut = setTimeout(() => response.destroy(), stalledMs);
  await once(response, "drain", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    response.destroy();
  });
  clearTimeout(cut);
}
