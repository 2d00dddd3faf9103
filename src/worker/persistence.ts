import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { IllegalTransition } from "../store/vms.js";

/** How long the database may be away before what a machine reported is given up, in milliseconds. */
const patienceMs = 60_000;

/**
 * Writes what has happened, again and again while the database is away: a machine doesn't wait for PostgreSQL to come back, so its reports do.
 * @throws the last error when that lasts too long, and a defect at once
 */
export async function untilWritten<T>(log: Logger, write: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof IllegalTransition || Date.now() > deadline) throw error;
      log.warn({ err: error }, "not written yet: trying again");
      await delay(pauseMs);
    }
  }
}
