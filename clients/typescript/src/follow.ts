/** Streams of JSON, one at a time: what happens in a project, and what a machine does. They are opened again whenever they break, until the caller leaves. */
import type { Event, VmStats } from "./contract.js";
import { linkedTo } from "./linked-signal.js";
import { Queue } from "./queue.js";
import { comingBack, keepOpen } from "./reopening.js";
import type { Frame, OpenSocket } from "./socket.js";
import type { Transport } from "./transport.js";

export interface EventsOptions {
  /** `eventSeq` of a list: what the list does not show yet, and all that follows. Default: what happens from now on. */
  from?: number;
  signal?: AbortSignal;
  /** The stream is open, for the first time or again. */
  onOpened?: () => void;
  /** It broke, and is opened again after that time: what happens meanwhile comes then. */
  onLost?: (retryInMs: number) => void;
}

export interface StatsOptions {
  /** Between two samples, 100 to 60,000. Default 1000. */
  intervalMs?: number;
  signal?: AbortSignal;
}

/** Events that may wait for a consumer; a slower one is cut off, and goes on from the last it took. */
const mostWaiting = 1_000;

/**
 * Each event once and in order, across cuts. One of type `gap` says that some are no longer kept: list again.
 * @throws ProblemError, UnreachableError
 */
export async function* followEvents(
  transport: Transport,
  { from, signal, onOpened, onLost }: EventsOptions = {},
): AsyncGenerator<Event, void, undefined> {
  // A number to begin at, so that what happens while the first connection breaks isn't missed either.
  let seq = from ?? (await transport.call("listOperations", { query: { limit: 1 }, signal })).eventSeq;
  const queue = new Queue<Event>();
  yield* opened(queue, signal, (own) => {
    let socket: OpenSocket | null = null;
    return {
      subprotocol: "events.v1",
      async url() {
        await queue.untilEmpty(own);
        const { path } = await transport.call("createTicket", { body: { stream: "events" }, idempotencyKey: null, signal: own });
        return `${transport.webSocketUrl(path)}&from=${seq}`;
      },
      opened(now) {
        socket = now;
        onOpened?.();
      },
      lost: onLost,
      frame(frame) {
        const event = JSON.parse(textOf(frame)) as Event;
        // What was still under way when the socket was given up comes again with the next. A gap may lead back: to a database that was restored.
        if (socket === null || (event.type !== "gap" && event.seq <= seq)) return;
        seq = event.seq;
        queue.put(event);
        if (queue.length < mostWaiting) return;
        socket.close(comingBack);
        socket = null;
      },
    };
  });
}

/**
 * Samples until the machine is deleted. A consumer that is slower than they come gets the newest.
 * @throws ProblemError, UnreachableError
 */
export async function* followStats(
  transport: Transport,
  id: string,
  { intervalMs = 1000, signal }: StatsOptions = {},
): AsyncGenerator<VmStats, void, undefined> {
  const queue = new Queue<VmStats>();
  yield* opened(queue, signal, (own) => ({
    subprotocol: "stats.v1",
    async url() {
      const body = { stream: "stats" } as const;
      const { path } = await transport.call("createVmTicket", { params: { id }, body, idempotencyKey: null, signal: own });
      return `${transport.webSocketUrl(path)}&interval=${intervalMs}`;
    },
    opened() {},
    frame: (frame) => queue.replace(JSON.parse(textOf(frame)) as VmStats),
  }));
}

/** What the stream puts into the queue; the stream ends when nobody takes it any more. */
async function* opened<T>(
  queue: Queue<T>,
  signal: AbortSignal | undefined,
  stream: (signal: AbortSignal) => Parameters<typeof keepOpen>[0],
): AsyncGenerator<T, void, undefined> {
  const own = linkedTo(signal);
  void keepOpen(stream(own.signal), own.signal).then(
    () => queue.end(),
    (error: unknown) => queue.end({ error }),
  );
  try {
    yield* queue;
  } finally {
    own.abort();
  }
}

function textOf(frame: Frame): string {
  return typeof frame === "string" ? frame : new TextDecoder().decode(frame);
}
