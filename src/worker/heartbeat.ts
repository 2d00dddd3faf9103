import type { Logger } from "pino";
import type { Database } from "../store/database.js";
import { heartbeat } from "../store/hosts.js";

const paceMs = 5_000;

/**
 * Keeps a host's row fresh. Calls `onTakenOver` once when the row belongs to another worker by now. Answers how to stop: afterwards no beat is under way that could
 * still be written.
 */
export function beat(db: Database, hostId: string, incarnation: string, onTakenOver: () => void, log: Logger): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  async function once(): Promise<void> {
    try {
      if (await heartbeat(db, hostId, incarnation)) return;
      clearInterval(timer);
      onTakenOver();
    } catch (error) {
      log.warn({ err: error }, "no heartbeat");
    }
  }
  // The next doesn't wait for one that hangs on a connection that is gone.
  const timer = setInterval(() => {
    const beating = once().finally(() => underWay.delete(beating));
    underWay.add(beating);
  }, paceMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
  };
}
