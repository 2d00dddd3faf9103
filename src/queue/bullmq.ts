import { createPostgresBackend, DEFAULT_SCHEMA, Queue, runMigrations, Worker } from "bullmq";
import pg from "pg";
import type { Consumer, JobHandler, JobQueue, Lane } from "./queue.js";

/**
 * One pool for all queues of a process. Each consumer keeps one connection for LISTEN; the others run short statements. BullMQ pins the schema only on pools that
 * it makes itself (and then one per queue, plus one connection each): so it is pinned here.
 */
const poolSize = 8;

/** A job whose consumer died is taken again after this long, in milliseconds. Short is safe: taking a job twice does no harm. */
const lockMs = 4_000;

/** Pause after the database could not be reached, in milliseconds. */
const retryMs = 500;

const queueName = (lane: Lane) => (lane === null ? "placement" : `host-${lane}`);

/** BullMQ on PostgreSQL, in a schema of its own in the service's database. Creates or upgrades that schema. */
export async function openBullQueue(url: string, onError: (error: Error) => void): Promise<JobQueue> {
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
  return new BullQueue(pool, report);
}

function openLane(lane: Lane, pool: pg.Pool) {
  return new Queue(queueName(lane), { connection: pool }, createPostgresBackend);
}

class BullQueue implements JobQueue {
  private readonly lanes = new Map<Lane, ReturnType<typeof openLane>>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly onError: (error: Error) => void,
  ) {}

  async submit(lane: Lane, operationId: string): Promise<void> {
    await this.lane(lane).add("operation", {}, { jobId: operationId, removeOnComplete: true, removeOnFail: true });
  }

  async consume(lane: Lane, concurrency: number, handler: JobHandler): Promise<Consumer> {
    const worker = new Worker(
      queueName(lane),
      async (job) => {
        if (job.id) await handler(job.id);
      },
      { connection: this.pool, concurrency, lockDuration: lockMs, stalledInterval: lockMs / 2, runRetryDelay: retryMs },
      createPostgresBackend,
    );
    worker.on("error", this.onError);
    worker.on("failed", (_job, error) => this.onError(error));
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  }

  async clear(hostId: string): Promise<void> {
    await this.lane(hostId).obliterate({ force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((queue) => queue.close()));
    await this.pool.end();
  }

  private lane(lane: Lane) {
    let queue = this.lanes.get(lane);
    if (!queue) {
      queue = openLane(lane, this.pool);
      queue.on("error", this.onError);
      this.lanes.set(lane, queue);
    }
    return queue;
  }
}
