/** Tells the workers of the installation where this API server is. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { heardOfApiServer, retireApiServer } from "../store/api-servers.js";
import type { Database } from "../store/database.js";

const paceMs = 5_000;

export interface Presence {
  close(): Promise<void>;
}

/** @param url at which workers reach this server */
export async function announcePresence(db: Database, url: string, log: Logger): Promise<Presence> {
  const id = randomUUID();
  await heardOfApiServer(db, id, url);
  let beating: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    beating = heardOfApiServer(db, id, url).catch((error: unknown) => log.warn({ err: error }, "no heartbeat"));
  }, paceMs);
  return {
    async close() {
      clearInterval(timer);
      await beating;
      await retireApiServer(db, id);
    },
  };
}
