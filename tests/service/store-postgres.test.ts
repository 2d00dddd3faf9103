import { mkdtemp, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { locateBinaries } from "../../src/store/postgres/binaries.js";
import { EmbeddedPostgres } from "../../src/store/postgres/embedded.js";
import { clearLockFile } from "../../src/store/postgres/lock-file.js";
import { deferred } from "./worker-installation.js";

let folder: string;
let running: EmbeddedPostgres[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-pg-"));
  running = [];
});
afterEach(async () => {
  for (const postgres of running) await postgres.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof EmbeddedPostgres.start>[0]> = {}) {
  const postgres = await EmbeddedPostgres.start({ dataFolder: folder, durable: false, ...options });
  running.push(postgres);
  return postgres;
}

async function query(postgres: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

it("keeps what was committed from one life to the next, and leaves no process", async () => {
  const first = await start();
  await query(first, "CREATE TABLE kept AS SELECT 42 AS answer");
  const pid = first.pid as number;
  await first.close();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(await query(await start(), "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

it("can be reached by its socket only, which nobody else can reach", async () => {
  const postgres = await start();
  expect(await query(postgres, "SHOW listen_addresses")).toEqual([{ listen_addresses: "" }]);
  const socketFolder = new URL(postgres.url).searchParams.get("host") as string;
  expect((await stat(socketFolder)).mode & 0o777).toBe(0o700);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

it("puts its socket elsewhere when the data folder's path is too long for one", async () => {
  const dataFolder = join(folder, "d".repeat(100));
  const postgres = await start({ dataFolder });
  const socketFolder = new URL(postgres.url).searchParams.get("host") as string;
  expect(socketFolder.startsWith(dataFolder)).toBe(false);
  expect(await query(postgres, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await postgres.close();
  await rm(socketFolder, { recursive: true, force: true });
});

it("is started again when it is killed, with all that was committed", async () => {
  const restarted = deferred<string>();
  const postgres = await start({ durable: true, onRestart: restarted.resolve });
  await query(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
  process.kill(postgres.pid as number, "SIGKILL");
  expect(await restarted.promise).toBe("SIGKILL");
  expect(await query(postgres, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

it("is given up when it dies again and again", async () => {
  const lost = deferred<Error>();
  let restarted = deferred<void>();
  const postgres = await start({ onRestart: () => restarted.resolve(), onLost: lost.resolve });
  let over = false;
  void lost.promise.then(() => {
    over = true;
  });
  while (!over) {
    const again = restarted.promise;
    process.kill(postgres.pid as number, "SIGKILL");
    await Promise.race([again, lost.promise]);
    restarted = deferred();
  }
  expect((await lost.promise).message).toMatch(/died 6 times.*DATABASE_URL/);
});

describe("a lock file", () => {
  const lockFile = () => join(folder, "postmaster.pid");

  it("of a process that is gone is removed", async () => {
    await writeFile(lockFile(), `${2 ** 22 - 1}\n/somewhere\n`);
    await clearLockFile(folder);
    await expect(stat(lockFile())).rejects.toThrow("ENOENT");
  });

  it("of a number that another program has by now is removed", async () => {
    await writeFile(lockFile(), `${process.pid}\n/somewhere\n`);
    await clearLockFile(folder);
    await expect(stat(lockFile())).rejects.toThrow("ENOENT");
  });
});

it("makes the library links that an install without scripts leaves out", async () => {
  await start();
  const { folder: native } = locateBinaries();
  expect(await readlink(join(native, "lib", "libpq.so.5"))).toMatch(/^libpq\.so\.5\./);
});

it.runIf(process.getuid?.() === 0)("as root can give itself to an unprivileged account", async () => {
  const postgres = await start({ account: { kind: "drop", uid: 65534, gid: 65534 } });
  expect((await stat(join(folder, "postgres"))).uid).toBe(65534);
  expect(await query(postgres, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

it("says what to do where npm has brought no PostgreSQL", () => {
  expect(() => locateBinaries("plan9", "mips")).toThrow(/plan9-mips.*DATABASE_URL/);
});
