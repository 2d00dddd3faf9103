import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Database } from "../store/database.js";

/** Failures that count while the database answers: something is wrong with what is written, and trying again won't help for ever. */
const attempts = 5;

/**
 * Writes what has happened, again and again while the database is away: a machine doesn't wait for PostgreSQL to come back, so its reports do. `write` may run
 * again though it was written: the answer can be lost.
 * @throws the last error, when the database is there and it fails all the same
 */
export async function untilWritten<T>(db: Database, log: Logger, write: () => Promise<T>): Promise<T> {
  let left = attempts;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    try {
      return await write();
    } catch (error) {
      if ((await answers(db)) && --left === 0) throw error;
      log.warn({ err: error }, "not written yet: trying again");
      await delay(pauseMs);
    }
  }
}

async function answers(db: Database): Promise<boolean> {
  return db.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
}
