import { SettingError } from "../server/settings.js";
import { MigrationError } from "../store/migrations.js";
import { EmbeddedPostgresUnavailable } from "../store/postgres/binaries.js";
import { HostInUse } from "../worker/host-lock.js";

/** @throws SettingError */
export function requireDatabase(env: NodeJS.ProcessEnv): void {
  if (!env.DATABASE_URL) throw new SettingError("DATABASE_URL is needed: only `worldswitch serve` brings its own PostgreSQL");
}

/** What a person can do something about, in one line; null for a defect. */
export function explain(error: unknown): string | null {
  const known = [SettingError, EmbeddedPostgresUnavailable, MigrationError, HostInUse];
  if (known.some((kind) => error instanceof kind)) return (error as Error).message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ECONNREFUSED" || code === "ENOTFOUND")
    return message;
  return null;
}
