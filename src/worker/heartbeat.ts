import type { Logger } from "pino";
import type { Database } from "../store/database.js";
import { heartbeat } from "../store/hosts.js";

const paceMs = 5_000;

/** Keeps a host's row fresh. Calls `onTakenOver` once when the row belongs to another worker by now. Answers how to stop. */
export function beat(db: Database, hostId: string, incarnation: string, onTakenOver: () => void, log: Logger): () => void {
  const timer = setInterval(() => {
    heartbeat(db, hostId, incarnation).then(
      (mine) => {
        if (mine) return;
        clearInterval(timer);
        onTakenOver();
      },
      (error) => log.warn({ err: error }, "no heartbeat"),
    );
  }, paceMs);
  return () => clearInterval(timer);
}
