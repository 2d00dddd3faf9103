import { createPostgresBackend, DEFAULT_SCHEMA, Queue, runMigrations, Worker } from "bullmq";
import pg from "pg";
import { BullJobQueue } from "./bullmq.js";
import type { JobQueue } from "./queue.js";

/**
 * One pool for all queues of a process. Each consumer keeps one connection for LISTEN; the others run short statements. BullMQ pins the schema only on pools that
 * it makes itself (and then one per queue, plus one connection each): so it is pinned here.
 */
const poolSize = 8;

/** BullMQ on PostgreSQL, in a schema of its own in the service's database. Creates or upgrades that schema. */
export async function openPostgresQueue(url: string, onError: (error: Error) => void): Promise<JobQueue> {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    keepAlive: true,
    options: `-c search_path=${DEFAULT_SCHEMA}`,
    application_name: "worldswitch queue",
  });
  // BullMQ hands one lost connection on through every queue object.
  const told = new WeakSet<Error>();
  const report = (error: Error) => {
    if (told.has(error) || pool.ending) return;
    told.add(error);
    onError(error);
  };
  pool.on("error", report);
  // One listener for each queue object, of which there is one per host.
  pool.setMaxListeners(0);
  const client = await pool.connect();
  try {
    await runMigrations(client);
  } finally {
    client.release();
  }
  return new BullJobQueue({
    openQueue: (name) => new Queue(name, { connection: pool }, createPostgresBackend).on("error", report),
    openWorker: (name, processor, options) =>
      new Worker(name, processor, { connection: pool, ...options }, createPostgresBackend)
        .on("error", report)
        .on("failed", (_job, error) => report(error)),
    close: () => pool.end(),
  });
}
