import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { EmbeddedPostgres } from "../../src/store/postgres/embedded.js";

export interface ScratchDatabase {
  url: string;
  folder: string;
  /** The embedded PostgreSQL; null where TEST_DATABASE_URL names another one. */
  postgres: EmbeddedPostgres | null;
  close(): Promise<void>;
}

/** An empty database of the test's own, and a scratch folder: never the one that DATABASE_URL names. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "worldswitch-test-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const given = process.env.TEST_DATABASE_URL;
  if (!given) {
    const postgres = await EmbeddedPostgres.start({ dataFolder: folder });
    const close = async () => {
      await postgres.close();
      await remove();
    };
    return { url: postgres.url, folder, postgres, close };
  }
  const name = `worldswitch_test_${randomBytes(6).toString("hex")}`;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: given });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(given);
  url.pathname = `/${name}`;
  const close = async () => {
    await run(`DROP DATABASE ${name} WITH (FORCE)`);
    await remove();
  };
  return { url: url.href, folder, postgres: null, close };
}
