import type { WebSocket } from "ws";
import { latestSeq } from "../../store/outbox.js";
import { followEvents } from "../event-stream.js";
import type { Service } from "../service.js";
import type { Admission } from "./admission.js";
import { closeCodes, type Opening } from "./stream.js";

/** `events.v1`: a text frame with the envelope for each event. What the client sends is ignored. */
export async function openEvents(service: Service, { query, projectId }: Admission & { stream: "events" }): Promise<Opening> {
  const { db, feed, settings } = service;
  const from = query.from === undefined ? await latestSeq(db) : BigInt(query.from);
  return {
    abandon() {},
    async run(socket, signal) {
      for await (const event of followEvents(db, feed, projectId, from, signal)) {
        await send(socket, JSON.stringify(event), settings.stalledMs);
      }
      socket.close(closeCodes.goingAway);
    },
  };
}

/** Waits until the peer has taken it; one that does not is cut off. */
async function send(socket: WebSocket, text: string, stalledMs: number): Promise<void> {
  const cut = setTimeout(() => socket.terminate(), stalledMs);
  await new Promise<void>((resolve) => socket.send(text, () => resolve()));
  clearTimeout(cut);
}
