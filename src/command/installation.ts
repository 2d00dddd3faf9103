/** What API servers and workers both stand on: data folder, database, queue and feed. */
import { type Logger, pino } from "pino";
import { BlobStore } from "../images/blobs.js";
import { catalog } from "../images/catalog.js";
import { openBullQueue } from "../queue/bullmq.js";
import type { JobQueue } from "../queue/queue.js";
import { syncCatalog } from "../store/catalog.js";
import { type Database, openDatabase } from "../store/database.js";
import { EventFeed } from "../store/feed.js";
import { applyMigrations, readMigrations } from "../store/migrations.js";
import { EmbeddedPostgres } from "../store/postgres/embedded.js";
import { DataFolder } from "./data-folder.js";
import { type Environment, readEnvironment } from "./environment.js";
import { Lifetime } from "./lifetime.js";

export interface Installation {
  environment: Environment;
  data: DataFolder;
  databaseUrl: string;
  db: Database;
  feed: EventFeed;
  queue: JobQueue;
  blobs: BlobStore;
  clusterSecret: string;
  lifetime: Lifetime;
  log: Logger;
}

/** Logs go to standard error: standard output carries the ready line, and nothing else. Written at once, so that the last line before an end is there. */
export function openLog(level: string): Logger {
  return pino({ level, serializers: { err: errorForLog } }, pino.destination({ dest: 2, sync: true }));
}

/** What a log says of an error: not whatever else a library hangs on it (a whole database client, with the address and more). */
function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause: errorForLog(cause) }) };
}

/** @throws SettingError, EmbeddedPostgresUnavailable, MigrationError */
export async function openInstallation(env: NodeJS.ProcessEnv): Promise<Installation> {
  const environment = readEnvironment(env);
  const log = openLog(environment.logLevel);
  if (env.REDIS_URL) log.warn("REDIS_URL is set, but this version keeps its queue in PostgreSQL");
  const lifetime = new Lifetime(log);
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
  const queue = await lifetime.hold(
    "queue",
    () => openBullQueue(databaseUrl, (error) => log.warn({ err: error }, "queue")),
    (opened) => opened.close(),
  );
  const feed = new EventFeed(db, databaseUrl, (error) => log.warn({ err: error }, "event feed"));
  await lifetime.hold(
    "event feed",
    () => feed.start(),
    () => feed.close(),
  );
  const clusterSecret = environment.clusterSecret ?? (await data.clusterSecret());
  const blobs = new BlobStore(data.images);
  return { environment, data, databaseUrl, db, feed, queue, blobs, clusterSecret, lifetime, log };
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
