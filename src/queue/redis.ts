import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { BullJobQueue } from "./bullmq.js";
import type { JobQueue } from "./queue.js";

/** Redis could not be reached when the service started, or is not one that it can use. */
export class RedisUnavailable extends Error {
  override name = "RedisUnavailable";
}

/** What Redis may take to answer, at the start and when it is handed a job, in milliseconds. */
const patienceMs = 5_000;
const slowestRetryMs = 1_000;

/** Earliest version that BullMQ works with. */
const leastVersion = 5;

/**
 * BullMQ on Redis. While Redis is away nothing waits for it: handing a job over fails at once, and the sweeper does it again later. Nothing in it has to survive a
 * restart. But it must not forget parts: a job whose own key is left counts as queued, though the list that it was in is evicted, and nobody would ever take it.
 * @param url `redis://`, `rediss://`, or the path of a unix socket
 * @param installation what all processes of this installation share and no other's do: several may share a Redis
 * @param onError told when Redis goes away, and of each job that failed
 * @throws RedisUnavailable
 */
export async function openRedisQueue(url: string, installation: string, onError: (error: Error) => void): Promise<JobQueue> {
  const address = withoutSecrets(url);
  let phase: "starting" | "open" | "closed" = "starting";
  let away = false;
  let refusal: Error | null = null;
  // Consumers wait for jobs in commands without a limit in time, on connections that BullMQ makes after this one.
  const consuming = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
    connectTimeout: patienceMs,
    connectionName: "worldswitch",
    retryStrategy: (times) => (phase === "open" ? Math.min(100 * times, slowestRetryMs) : null),
  });
  const submitting = consuming.duplicate({ commandTimeout: patienceMs });
  const connections = [consuming, submitting];

  const report = (error: Error) => {
    if (phase === "starting") refusal ??= error;
    if (phase !== "open") return;
    if (isLoss(error)) {
      // Every queue object tells of the same loss, again with each attempt to connect.
      if (away) return;
      away = true;
    }
    onError(error);
  };
  for (const connection of connections) {
    // One listener for each queue object, of which there is one per host.
    connection.setMaxListeners(0);
    connection.on("error", report);
    connection.on("ready", () => {
      if (connections.every(({ status }) => status === "ready")) away = false;
    });
  }
  const disconnect = () => {
    phase = "closed";
    for (const connection of connections) connection.disconnect();
  };
  try {
    await Promise.all(connections.map((connection) => connection.connect()));
    await requireUsable(submitting);
  } catch (error) {
    disconnect();
    throw new RedisUnavailable(`no Redis that can be used at ${address}: ${reasonOf(refusal ?? (error as Error))}`);
  }
  phase = "open";

  const prefix = `worldswitch:${installation}`;
  return new BullJobQueue({
    openQueue: (name) => new Queue(name, { connection: submitting, prefix }).on("error", report),
    openWorker(name, processor, options) {
      const worker = new Worker(name, processor, { connection: consuming, prefix, ...options })
        .on("error", report)
        .on("failed", (_job, error) => onError(error));
      return {
        waitUntilReady: () => worker.waitUntilReady(),
        // In order, it waits for Redis to come back; and that Redis is away may be known only while it waits. BullMQ can't be told then to stop waiting: it goes on by
        // itself, until Redis is back or the process ends.
        async close() {
          const lost = lossOf(consuming);
          await Promise.race([worker.close(consuming.status !== "ready"), lost.happened]);
          lost.forget();
        },
      };
    },
    close: async () => disconnect(),
  });
}

/** Tells when a connection is lost. */
function lossOf(connection: Redis): { happened: Promise<void>; forget(): void } {
  let resolve = () => {};
  const happened = new Promise<void>((happens) => {
    resolve = happens;
  });
  connection.once("close", resolve);
  return { happened, forget: () => connection.off("close", resolve) };
}

async function requireUsable(connection: Redis): Promise<void> {
  const info = await connection.info();
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown";
  if (!(Number.parseInt(version, 10) >= leastVersion)) throw new Error(`version ${leastVersion} or later is needed, and it is ${version}`);
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? "noeviction";
  if (policy !== "noeviction") throw new Error(`its maxmemory-policy must be noeviction, and it is ${policy}: jobs would be lost`);
}

/** Whether an error says that the connection is gone: those of the system, and what ioredis says of a command that can't be sent. */
function isLoss(error: Error): boolean {
  return (
    "syscall" in error ||
    error instanceof AggregateError ||
    /^(Connection is closed|Stream isn't writeable|Command timed out)/.test(error.message)
  );
}

/** For messages. A password that is not encoded can look like anything else in a URL: one that is not clear is neither shown nor used. */
function withoutSecrets(url: string): string {
  if (url.startsWith("/")) return url.replace(/\?.*$/, "");
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || `${parsed.pathname}${parsed.search}${parsed.hash}`.includes("@"))
    throw new RedisUnavailable(
      "REDIS_URL cannot be read: in its password, characters other than letters and digits must be percent-encoded",
    );
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

/** An error that stands for several attempts (localhost has two addresses) says nothing itself. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each) => (each as Error).message).join(", ");
  return error.message;
}
