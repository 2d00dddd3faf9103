import { once } from "node:events";
import type { Response } from "express";
import { events } from "../../contract/endpoints/service.js";
import type { Event } from "../../contract/event.js";
import { latestSeq } from "../../store/outbox.js";
import { followEvents } from "../event-stream.js";
import { ProblemError } from "../problem.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";

/** Proxies cut connections on which nothing comes; a comment keeps them. */
const commentMs = 15_000;

/** Server-sent events; the same path as a WebSocket is in upgrade.ts. */
export function eventRoutes(router: Router, service: Service): void {
  router.serve(events, async ({ projectId, query, request, response, signal }) => {
    const from = query.from ?? lastEventId(request.headers["last-event-id"]?.toString());
    const begin = from === undefined ? await latestSeq(service.db) : BigInt(from);
    response
      .status(200)
      .set({ "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
    response.flushHeaders();
    const comments = setInterval(() => response.write(":\n\n"), commentMs);
    try {
      for await (const event of followEvents(service.db, service.feed, projectId, begin, signal)) await write(response, event, signal);
    } finally {
      clearInterval(comments);
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

async function write(response: Response, event: Event, signal: AbortSignal): Promise<void> {
  if (response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`)) return;
  await once(response, "drain", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
