import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.js";
import { Prisma } from "../../src/store/generated/client.js";
import { applyMigrations, type Migration, MigrationError, readMigrations } from "../../src/store/migrations.js";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.js";

let server: ScratchDatabase;
beforeAll(async () => {
  server = await scratchDatabase();
});
afterAll(() => server?.close());

let database: ScratchDatabase;
beforeEach(async () => {
  database = await scratchDatabase();
});
afterEach(() => database?.close());

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

const migration = (name: string, sql: string): Migration => ({ name, sql, checksum: name.padEnd(64, "0") });

it("brings an empty database up to date, once, however many begin at the same time", async () => {
  const migrations = await readMigrations();
  const names = migrations.map(({ name }) => name);
  const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(database.url, migrations)));
  expect(applied.flat()).toEqual(names);
  expect(await applyMigrations(database.url, migrations)).toEqual([]);
});

it("keeps the ledger as Prisma does", async () => {
  const migrations = await readMigrations();
  await applyMigrations(database.url, migrations);
  const rows = await query("SELECT * FROM _prisma_migrations ORDER BY started_at");
  expect(rows).toHaveLength(migrations.length);
  expect(rows[0]).toMatchObject({
    migration_name: migrations[0].name,
    checksum: migrations[0].checksum,
    applied_steps_count: 1,
    rolled_back_at: null,
    finished_at: expect.any(Date),
  });
});

it("makes every table and column that the Prisma schema names, and no other", async () => {
  await applyMigrations(database.url, await readMigrations());
  const db = openDatabase(database.url);
  for (const name of Object.values(Prisma.ModelName)) {
    const model = name.charAt(0).toLowerCase() + name.slice(1);
    const delegate = (db as unknown as Record<string, { findMany(): Promise<unknown[]> }>)[model];
    expect(await delegate.findMany(), name).toBeInstanceOf(Array);
  }
  const columns = await query("SELECT table_name, count(*)::int FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1");
  const made = Object.fromEntries(columns.map(({ table_name, count }) => [table_name, count]));
  const fields = Prisma as unknown as Record<string, object>;
  const declared = Object.values(Prisma.ModelName).map((name) => {
    const table = name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    return [table, Object.keys(fields[`${name}ScalarFieldEnum`]).length];
  });
  expect(made).toEqual({ ...Object.fromEntries(declared), _prisma_migrations: expect.any(Number) });
  await db.$disconnect();
});

describe("refuses", () => {
  it("a file that was edited after it had been applied", async () => {
    await applyMigrations(database.url, [migration("1_a", "CREATE TABLE a (id int)")]);
    const edited = { ...migration("1_a", "CREATE TABLE a (id text)"), checksum: "another" };
    await expect(applyMigrations(database.url, [edited])).rejects.toThrow(/1_a was edited/);
  });

  it("a database of a newer version", async () => {
    await applyMigrations(database.url, [migration("1_a", "SELECT 1"), migration("2_b", "SELECT 1")]);
    await expect(applyMigrations(database.url, [migration("1_a", "SELECT 1")])).rejects.toThrow(/2_b.*newer/);
  });

  it("a migration that fails, and keeps nothing of it", async () => {
    const bad = migration("2_bad", "CREATE TABLE half (id int); SELECT nonsense");
    await expect(applyMigrations(database.url, [migration("1_a", "CREATE TABLE a (id int)"), bad])).rejects.toThrow(MigrationError);
    expect(await query("SELECT migration_name FROM _prisma_migrations")).toEqual([{ migration_name: "1_a" }]);
    expect(await query("SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
  });
});

it("reads folders in the order of their names, and sums their files", async () => {
  const folder = await mkdtemp(join(database.folder, "migrations-"));
  for (const name of ["2_b", "1_a"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "migration.sql"), "SELECT 1");
  }
  await writeFile(join(folder, "migration_lock.toml"), "");
  const found = await readMigrations(folder);
  // echo -n 'SELECT 1' | sha256sum
  const checksum = "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5";
  expect(found).toEqual(["1_a", "2_b"].map((name) => ({ name, sql: "SELECT 1", checksum })));
  await rm(folder, { recursive: true });
});
