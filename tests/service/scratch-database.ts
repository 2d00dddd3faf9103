import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { EmbeddedPostgres } from "../../src/store/postgres/embedded.js";

export interface ScratchDatabase {
  url: string;
  /** A scratch folder of its own. */
  folder: string;
  close(): Promise<void>;
}

interface Server {
  url: string;
  close(): Promise<void>;
}

/** One for all databases of a test file: begun with the first, ended with the last. */
let server: Promise<Server> | null = null;
let users = 0;

async function startServer(): Promise<Server> {
  if (process.env.TEST_DATABASE_URL) return { url: process.env.TEST_DATABASE_URL, close: async () => {} };
  const dataFolder = await mkdtemp(join(tmpdir(), "worldswitch-test-"));
  const postgres = await EmbeddedPostgres.start({ dataFolder, durable: false });
  return {
    url: postgres.url,
    async close() {
      await postgres.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** An empty database of the test's own, never the one that DATABASE_URL names: on TEST_DATABASE_URL's server, else on an embedded one. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  users++;
  server ??= startServer();
  const { url, close } = await server;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const name = `worldswitch_test_${randomBytes(6).toString("hex")}`;
  await run(`CREATE DATABASE ${name}`);
  const folder = await mkdtemp(join(tmpdir(), "worldswitch-test-"));
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    folder,
    async close() {
      await run(`DROP DATABASE ${name} WITH (FORCE)`);
      await rm(folder, { recursive: true, force: true });
      if (--users > 0) return;
      server = null;
      await close();
    },
  };
}
