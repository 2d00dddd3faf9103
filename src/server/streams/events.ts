import { latestSeq } from "../../store/outbox.js";
import { followEvents } from "../event-stream.js";
import type { Service } from "../service.js";
import type { Admission } from "./admission.js";
import { closeCodes, type Opening } from "./stream.js";

/** `events.v1`: a text frame with the envelope for each event. What the client sends is ignored. */
export async function openEvents(service: Service, { query, projectId }: Admission & { stream: "events" }): Promise<Opening> {
  const from = query.from === undefined ? await latestSeq(service.db) : BigInt(query.from);
  return {
    abandon() {},
    async run(socket, signal) {
      const gone = new AbortController();
      socket.once("close", () => gone.abort());
      for await (const event of followEvents(service.db, service.feed, projectId, from, AbortSignal.any([signal, gone.signal]))) {
        await new Promise<void>((resolve) => socket.send(JSON.stringify(event), () => resolve()));
      }
      socket.close(closeCodes.goingAway);
    },
  };
}
