import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oldestSeq, sweepEvents } from "../../src/store/event-list.js";
import type { Event } from "../../src/store/generated/client.js";
import { commit, latestSeq, type NewEvent } from "../../src/store/outbox.js";
import { deferred, type StoreInstallation, startStore } from "./worker-installation.js";

let store: StoreInstallation;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.close());

const event = (subject: string): NewEvent => ({ projectId: "proj_default", type: "vm.updated", subject, data: {} });

it("numbers events in the order of their commits, whichever transaction began first", async () => {
  const began = deferred<void>();
  const release = deferred<void>();
  const slow = commit(store.db, async (tx) => {
    tx.record(event("slow"));
    await tx.rows.project.findFirst();
    began.resolve();
    await release.promise;
  });
  await began.promise;
  await commit(store.db, async (tx) => tx.record(event("quick")));
  release.resolve();
  await slow;
  const told = await store.db.event.findMany({ where: { subject: { in: ["slow", "quick"] } }, orderBy: { seq: "asc" } });
  expect(told.map(({ subject }) => subject)).toEqual(["quick", "slow"]);
});

it("numbers the events of one commit as they were recorded, with what they carry", async () => {
  const data = (n: number) => ({ n, text: 'it\'s "quoted"\n\u2028', nothing: null, list: [1, { deep: true }] });
  await commit(store.db, async (tx) => {
    for (let n = 0; n < 30; n++) tx.record({ ...event("many"), data: data(n) });
  });
  const told = await store.db.event.findMany({ where: { subject: "many" }, orderBy: { seq: "asc" } });
  expect(told.map((row) => row.data)).toEqual(Array.from({ length: 30 }, (_, n) => data(n)));
  expect(told[0]).toMatchObject({
    projectId: "proj_default",
    type: "vm.updated",
    id: expect.stringMatching(/^evt_/),
    time: expect.any(Date),
  });
});

it("never lets a reader see an event before an earlier one", async () => {
  const from = await latestSeq(store.db);
  let writing = true;
  const writers = Promise.all(
    [1, 2, 3, 4].map(async (writer) => {
      for (let i = 0; i < 15; i++) await commit(store.db, async (tx) => tx.record(event(`order-${writer}`)));
    }),
  ).finally(() => {
    writing = false;
  });
  const seen: bigint[] = [];
  let last = from;
  const read = async () => {
    const rows = await store.db.event.findMany({ where: { seq: { gt: last } }, orderBy: { seq: "asc" } });
    for (const { seq } of rows) {
      seen.push(seq);
      last = seq;
    }
  };
  while (writing) await read();
  await writers;
  await read();
  const all = await store.db.event.findMany({ where: { seq: { gt: from } }, orderBy: { seq: "asc" } });
  expect(seen).toEqual(all.map(({ seq }) => seq));
  expect(seen).toHaveLength(60);
});

it("writes no event of a transaction that fails", async () => {
  const before = await store.db.event.count();
  const failing = commit(store.db, async (tx) => {
    tx.record(event("never"));
    await tx.rows.project.create({ data: { id: "proj_never", name: "never" } });
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await store.db.event.count()).toBe(before);
  expect(await store.db.project.findUnique({ where: { id: "proj_never" } })).toBeNull();
});

it("does a transaction again that met another in a deadlock", async () => {
  for (const id of ["proj_a", "proj_b"]) await store.db.project.create({ data: { id, name: id } });
  const first = [deferred<void>(), deferred<void>()];
  let attempts = 0;
  const lock = (mine: number, ids: string[]) =>
    commit(store.db, async (tx) => {
      attempts++;
      await tx.rows.$queryRaw`SELECT 1 FROM project WHERE id = ${ids[0]} FOR UPDATE`;
      first[mine].resolve();
      await first[1 - mine].promise;
      await tx.rows.$queryRaw`SELECT 1 FROM project WHERE id = ${ids[1]} FOR UPDATE`;
    });
  await Promise.all([lock(0, ["proj_a", "proj_b"]), lock(1, ["proj_b", "proj_a"])]);
  expect(attempts).toBe(3);
});

it("feeds each event once and in order, also across a lost connection", async () => {
  const seen: Event[] = [];
  const unsubscribe = store.feed.subscribe((told) => {
    if (told.subject.startsWith("feed")) seen.push(told);
  });
  const arrived = (count: number) => store.until(async () => seen.length >= count);
  await commit(store.db, async (tx) => {
    tx.record(event("feed-1"));
    tx.record(event("feed-2"));
  });
  await arrived(2);

  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  const { rowCount } = await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'worldswitch feed'",
  );
  expect(rowCount).toBe(1);
  await client.end();
  await commit(store.db, async (tx) => tx.record(event("feed-3")));
  await arrived(3);
  unsubscribe();
  await commit(store.db, async (tx) => tx.record(event("feed-4")));
  expect(seen.map(({ subject }) => subject)).toEqual(["feed-1", "feed-2", "feed-3"]);
});

it("keeps the newest event however old it is, so that nobody takes an empty table for a beginning", async () => {
  await commit(store.db, async (tx) => tx.record(event("old")));
  await commit(store.db, async (tx) => tx.record(event("newest")));
  const newest = await latestSeq(store.db);
  await sweepEvents(store.db, new Date(Date.now() + 60_000));
  expect(await oldestSeq(store.db)).toBe(newest);
  await commit(store.db, async (tx) => tx.record(event("next")));
  await sweepEvents(store.db, new Date(0));
  expect(await oldestSeq(store.db)).toBe(newest);
});
