/** What API servers and workers both stand on: data folder, database, queue and feed. */
import { createHmac } from "node:crypto";
import type { Logger } from "pino";
import { BlobStore } from "../images/blobs.js";
import { catalog } from "../images/catalog.js";
import { openPostgresQueue } from "../queue/postgres.js";
import type { JobQueue } from "../queue/queue.js";
import { openRedisQueue } from "../queue/redis.js";
import { syncCatalog } from "../store/catalog.js";
import { type Database, openDatabase } from "../store/database.js";
import { EventFeed } from "../store/feed.js";
import { applyMigrations, readMigrations } from "../store/migrations.js";
import { EmbeddedPostgres } from "../store/postgres/embedded.js";
import { DataFolder } from "./data-folder.js";
import type { Lifetime } from "./lifetime.js";
import type { Start } from "./start.js";

export interface Installation extends Start {
  data: DataFolder;
  databaseUrl: string;
  db: Database;
  feed: EventFeed;
  queue: JobQueue;
  blobs: BlobStore;
  clusterSecret: string;
}

/** @throws EmbeddedPostgresUnavailable, MigrationError, RedisUnavailable, and what the database refuses a connection with */
export async function openInstallation(start: Start): Promise<Installation> {
  const { environment, lifetime, log } = start;
  const data = await DataFolder.open(environment.dataFolder);
  const databaseUrl = environment.databaseUrl ?? (await embedded(data, lifetime, log));
  const applied = await applyMigrations(databaseUrl, await readMigrations());
  if (applied.length > 0) log.info({ migrations: applied }, "database brought up to date");
  const db = await lifetime.hold(
    "database",
    async () => openDatabase(databaseUrl),
    (opened) => opened.$disconnect(),
  );
  await syncCatalog(db, catalog);
  const clusterSecret = environment.clusterSecret ?? (await data.clusterSecret());
  const queueFailed = (error: Error) => log.warn({ err: error }, "queue");
  const { redisUrl } = environment;
  const queue = await lifetime.hold(
    "queue",
    () =>
      redisUrl === null
        ? openPostgresQueue(databaseUrl, queueFailed)
        : openRedisQueue(redisUrl, installationMark(clusterSecret), queueFailed),
    (opened) => opened.close(),
  );
  const feed = new EventFeed(db, databaseUrl, (error) => log.warn({ err: error }, "event feed"));
  await lifetime.hold(
    "event feed",
    () => feed.start(),
    () => feed.close(),
  );
  return { ...start, data, databaseUrl, db, feed, queue, blobs: new BlobStore(data.images), clusterSecret };
}

/** Tells installations that share a Redis apart, by what only the processes of one have in common. */
function installationMark(clusterSecret: string): string {
  return createHmac("sha256", clusterSecret).update("queue").digest("hex").slice(0, 16);
}

/** A PostgreSQL that dies is started again, and the server goes on; one that keeps dying ends the server, in order as far as that goes. */
async function embedded(data: DataFolder, lifetime: Lifetime, log: Logger): Promise<string> {
  const postgres = await lifetime.hold(
    "PostgreSQL",
    () =>
      EmbeddedPostgres.start({
        dataFolder: data.path,
        onRestart: (how) => log.error({ how }, "the embedded PostgreSQL died and was started again"),
        onLost: (error) => {
          log.fatal({ err: error }, "the embedded PostgreSQL is lost");
          lifetime.end(1, "no database");
        },
      }),
    (opened) => opened.close(),
  );
  return postgres.url;
}
