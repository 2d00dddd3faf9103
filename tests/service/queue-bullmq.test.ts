import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPostgresQueue } from "../../src/queue/postgres.js";
import type { JobQueue } from "../../src/queue/queue.js";
import { EmbeddedPostgres } from "../../src/store/postgres/embedded.js";
import { onEachQueue, type ScratchQueue } from "./queue-backends.js";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.js";
import { deferred } from "./worker-installation.js";

/** A consumer that tells of each job it is given, and does it when told to. */
async function consumer(queue: JobQueue, lane: string, concurrency: number) {
  const given: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let gate: Promise<void> = Promise.resolve();
  const consuming = await queue.consume(lane, concurrency, async (id) => {
    given.push(id);
    for (const { count, resolve } of waiting) if (given.length >= count) resolve();
    await gate;
  });
  return {
    given,
    close: () => consuming.close(),
    hold(until: Promise<void>) {
      gate = until;
    },
    async reached(count: number) {
      const { promise, resolve } = deferred<void>();
      waiting.push({ count, resolve });
      if (given.length >= count) resolve();
      await promise;
    },
  };
}

onEachQueue((backend) => {
  let database: ScratchDatabase;
  let scratch: ScratchQueue;
  let queue: JobQueue;
  beforeAll(async () => {
    database = await scratchDatabase();
    scratch = await backend(database.url);
    queue = await scratch.open(() => {});
  });
  afterAll(async () => {
    await queue?.close();
    await scratch?.close();
    await database?.close();
  });

  it("gives a lane's jobs to its consumer in order, and each once", async () => {
    for (const id of ["op_1", "op_2", "op_1", "op_3"]) await queue.submit("order", id);
    await queue.submit("elsewhere", "op_x");
    const { given, reached, close } = await consumer(queue, "order", 1);
    await reached(3);
    await close();
    expect(given).toEqual(["op_1", "op_2", "op_3"]);
  });

  it("takes the same job again once it has been done", async () => {
    const { given, reached, close } = await consumer(queue, "again", 1);
    await queue.submit("again", "op_1");
    await reached(1);
    // A job is gone a moment after its handler has returned: submit until it is taken again.
    while (given.length < 2) await queue.submit("again", "op_1");
    await close();
    expect(given.slice(0, 2)).toEqual(["op_1", "op_1"]);
  });

  it("works on as many jobs at once as it was told, and waits for them at the end", async () => {
    const release = deferred<void>();
    const order: string[] = [];
    const { given, hold, reached, close } = await consumer(queue, "wide", 3);
    hold(release.promise);
    for (const id of ["op_1", "op_2", "op_3", "op_4"]) await queue.submit("wide", id);
    await reached(3);
    expect(new Set(given)).toEqual(new Set(["op_1", "op_2", "op_3"]));
    const closing = close().then(() => order.push("closed"));
    // Asked after the close, and answered: one that does not wait is over by now.
    const another = await consumer(queue, "elsewhere", 1);
    await queue.submit("elsewhere", "op_5");
    await another.reached(1);
    await another.close();
    order.push("released");
    release.resolve();
    await closing;
    expect(order).toEqual(["released", "closed"]);
  });

  it("tells of a handler that fails, and is rid of the job", async () => {
    const told = deferred<Error>();
    const other = await scratch.open(told.resolve);
    let runs = 0;
    const consuming = await other.consume("failing", 1, async () => {
      runs++;
      if (runs === 1) throw new Error("on purpose");
    });
    await other.submit("failing", "op_1");
    expect((await told.promise).message).toBe("on purpose");
    while (runs < 2) await other.submit("failing", "op_1");
    await consuming.close();
    await other.close();
  });

  it("forgets a host's jobs on request", async () => {
    for (const id of ["op_1", "op_2"]) await queue.submit("cleared", id);
    await queue.clear("cleared");
    await queue.submit("cleared", "op_3");
    const { given, reached, close } = await consumer(queue, "cleared", 1);
    await reached(1);
    await close();
    expect(given).toEqual(["op_3"]);
  });

  it("goes on when all jobs were lost under a waiting consumer", async () => {
    const { given, reached, close } = await consumer(queue, "emptied", 1);
    await queue.submit("emptied", "op_1");
    await reached(1);
    await scratch.lose();
    await queue.submit("emptied", "op_2");
    await reached(2);
    await close();
    expect(given).toEqual(["op_1", "op_2"]);
  });
});

it("goes on after PostgreSQL was killed and came back", async () => {
  const restarted = deferred<void>();
  const folder = await mkdtemp(join(tmpdir(), "worldswitch-queue-"));
  const postgres = await EmbeddedPostgres.start({ dataFolder: folder, onRestart: () => restarted.resolve() });
  const errors: Error[] = [];
  const queue = await openPostgresQueue(postgres.url, (error) => errors.push(error));
  const { given, reached, close } = await consumer(queue, "survivor", 1);
  await queue.submit("survivor", "op_1");
  await reached(1);
  process.kill(postgres.pid as number, "SIGKILL");
  await restarted.promise;
  await queue.submit("survivor", "op_2");
  await reached(2);
  await close();
  expect(given).toEqual(["op_1", "op_2"]);
  expect(errors.length).toBeGreaterThan(0);
  await queue.close();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
});
