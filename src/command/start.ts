/** How a server process begins: settings first, then its lifetime, then what it is; and how it says that it cannot. */
import { type Logger, pino } from "pino";
import { RedisUnavailable } from "../queue/redis.js";
import { type ApiSettings, SettingError, settingsFromEnvironment } from "../server/settings.js";
import { MigrationError } from "../store/migrations.js";
import { EmbeddedPostgresUnavailable } from "../store/postgres/binaries.js";
import { HostInUse } from "../worker/host-lock.js";
import { type Environment, readEnvironment } from "./environment.js";
import { Lifetime } from "./lifetime.js";

export interface Start {
  environment: Environment;
  settings: ApiSettings;
  lifetime: Lifetime;
  log: Logger;
}

/** Begins a server. Answers the exit code where it could not: what had been opened is closed again, and one line says why. null: it goes on until its lifetime ends it. */
export async function startServer(env: NodeJS.ProcessEnv, begin: (start: Start) => Promise<void>): Promise<number | null> {
  let lifetime: Lifetime | null = null;
  try {
    const environment = readEnvironment(env);
    const settings = settingsFromEnvironment(env);
    const log = openLog(environment.logLevel);
    lifetime = new Lifetime(log);
    await begin({ environment, settings, lifetime, log });
    return null;
  } catch (error) {
    const reason = explain(error);
    if (reason === null) throw error;
    process.stderr.write(`worldswitch: ${reason}\n`);
    await lifetime?.closeAll();
    return 1;
  }
}

/** What API servers and workers apart must be told. @throws SettingError */
export function requireDatabase({ environment, log }: Start): void {
  if (environment.databaseUrl === null)
    throw new SettingError("DATABASE_URL is needed: only `worldswitch serve` brings its own PostgreSQL");
  if (environment.clusterSecret === null)
    log.warn("WORLDSWITCH_CLUSTER_SECRET is not set: this process works only with those that share its data folder");
}

/** Logs go to standard error: standard output carries the ready line, and nothing else. Written at once, so that the last line before an end is there. */
function openLog(level: string): Logger {
  return pino({ level, serializers: { err: errorForLog } }, pino.destination({ dest: 2, sync: true }));
}

/** What a log says of an error: not whatever else a library hangs on it (a whole database client, with the address and more). */
function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause: errorForLog(cause) }) };
}

const explained = [SettingError, EmbeddedPostgresUnavailable, MigrationError, RedisUnavailable, HostInUse];
const explainedCodes = ["EADDRINUSE", "EADDRNOTAVAIL", "EACCES", "EROFS", "ENOTDIR", "ENOSPC", "ECONNREFUSED", "ENOTFOUND"];

/** What a person can do something about, in one line; null for a defect. */
function explain(error: unknown): string | null {
  if (explained.some((kind) => error instanceof kind)) return (error as Error).message;
  const { code, message } = error as NodeJS.ErrnoException;
  // Class 28 and 3D: PostgreSQL refuses the user or has no such database.
  if (code !== undefined && (explainedCodes.includes(code) || /^(28|3D)/.test(code))) return message || code;
  return null;
}
