/** What the queue can be kept in, for tests that must hold on each. */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import pg from "pg";
import { describe } from "vitest";
import { openPostgresQueue } from "../../src/queue/postgres.js";
import type { JobQueue } from "../../src/queue/queue.js";
import { openRedisQueue } from "../../src/queue/redis.js";
import { noRedis, startRedis } from "./redis-server.js";

/** A queue that no other test uses. */
export interface ScratchQueue {
  /** What a process is told to use it, beside DATABASE_URL. */
  env: Record<string, string>;
  /** As another process of the installation would. */
  open(onError: (error: Error) => void): Promise<JobQueue>;
  /** Loses all jobs. Answers how many things went. */
  lose(): Promise<number>;
  close(): Promise<void>;
}

/** @param databaseUrl of the installation */
export type QueueBackend = (databaseUrl: string) => Promise<ScratchQueue>;

export const postgresQueue: QueueBackend = async (databaseUrl) => ({
  env: {},
  open: (onError) => openPostgresQueue(databaseUrl, onError),
  async lose() {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rowCount } = await client.query("DELETE FROM bullmq.job").finally(() => client.end());
    return rowCount ?? 0;
  },
  close: async () => {},
});

const redisQueue: QueueBackend = async () => {
  const server = await startRedis();
  const installation = randomBytes(6).toString("hex");
  return {
    env: { REDIS_URL: server.url },
    open: (onError) => openRedisQueue(server.url, installation, onError),
    async lose() {
      const redis = new Redis(server.url);
      const keys = await redis.keys(`worldswitch:${installation}:*`);
      const lost = keys.length > 0 ? await redis.del(keys) : 0;
      redis.disconnect();
      return lost;
    },
    close: () => server.close(),
  };
};

/** The same tests on PostgreSQL and on Redis; on Redis they are skipped, with the reason, where there is none. */
export function onEachQueue(tests: (backend: QueueBackend) => void): void {
  describe("with its queue on PostgreSQL", () => tests(postgresQueue));
  if (noRedis === null) {
    describe("with its queue on Redis", () => tests(redisQueue));
  } else {
    console.warn(`skipped on Redis: ${noRedis}`);
    describe.skip(`with its queue on Redis: ${noRedis}`, () => tests(redisQueue));
  }
}
