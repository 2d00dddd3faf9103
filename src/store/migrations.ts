/**
 * Applies prisma/migrations and keeps Prisma's own ledger (`_prisma_migrations`), so that Prisma's tools see the history they expect. Prisma's own
 * migration command needs a native engine that has to be downloaded; this needs nothing.
 */
import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** One folder of prisma/migrations. Its SQL runs in a transaction: statements that cannot (CREATE INDEX CONCURRENTLY) don't belong there. */
export interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the file, hexadecimal, as Prisma computes it. */
  checksum: string;
}

export const migrationsFolder = fileURLToPath(new URL("../../prisma/migrations", import.meta.url));

/** The database cannot be brought to this version's schema; the message says why. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

/** Held while migrating, so that processes that start together take turns. */
const migrationLock = 0x5753_0002;

const ledger = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

export async function readMigrations(folder = migrationsFolder): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/** Applies what is missing, oldest first, and answers the names. Refuses files that were edited after they had been applied, and databases of a newer version. */
export async function applyMigrations(url: string, migrations: Migration[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: "worldswitch migrations" });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1::bigint)", [migrationLock]);
    await client.query(ledger);
    const missing = await missingFrom(client, migrations);
    for (const migration of missing) await apply(client, migration);
    return missing.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function missingFrom(client: pg.Client, migrations: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
    "SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL",
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    const migration = known.get(row.migration_name);
    if (!migration)
      throw new MigrationError(`the database has migration ${row.migration_name}, which this version doesn't know: it is newer`);
    if (migration.checksum !== row.checksum)
      throw new MigrationError(`migration ${row.migration_name} was edited after it had been applied`);
    if (!row.finished_at) throw new MigrationError(`migration ${row.migration_name} was begun by another tool and did not finish`);
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.filter((migration) => !applied.has(migration.name));
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(migration.sql);
    await client.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)",
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new MigrationError(`migration ${migration.name} failed: ${(error as Error).message}`);
  }
}
