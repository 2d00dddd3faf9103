/** An installation without an API server: a real database, queue and worker, whose VM processes are the scriptable ones of fixtures/fake-vm.mjs. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import type { VmAction } from "../../src/contract/vm-states.js";
import { acceptAction, acceptCreate, type NewVm } from "../../src/store/acceptance.js";
import { openDatabase } from "../../src/store/database.js";
import { EventFeed } from "../../src/store/feed.js";
import type { Event } from "../../src/store/generated/client.js";
import { newHostId } from "../../src/store/hosts.js";
import { applyMigrations, readMigrations } from "../../src/store/migrations.js";
import type { Operation } from "../../src/store/operations.js";
import type { Vm } from "../../src/store/vms.js";
import { defaultDeadlines } from "../../src/worker/deadlines.js";
import { startWorker, type Worker, type WorkerOptions } from "../../src/worker/worker.js";
import { postgresQueue } from "./queue-backends.js";
import { scratchDatabase } from "./scratch-database.js";

export const fakeVm = fileURLToPath(new URL("./fixtures/fake-vm.mjs", import.meta.url));
export const clusterSecret = "the secret of the cluster in tests";
export const asker = { projectId: "proj_default", requestId: "req-1", actor: "tok_1" };

export type StoreInstallation = Awaited<ReturnType<typeof startStore>>;
export type WorkerInstallation = Awaited<ReturnType<typeof startInstallation>>;

/** Database, queue and feed, without a worker. */
export async function startStore(backend = postgresQueue) {
  const database = await scratchDatabase();
  await applyMigrations(database.url, await readMigrations());
  const db = openDatabase(database.url);
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const scratchQueue = await backend(database.url);
  const queue = await scratchQueue.open((error) => log.warn({ err: error }, "queue"));
  const feed = new EventFeed(db, database.url, (error) => log.warn({ err: error }, "feed"));
  await feed.start();
  await db.image.create({ data: { id: "img_1", projectId: "proj_default", name: "fake", kind: "linux", state: "ready", cmdline: "" } });

  /** Looks again at every event, until `look` answers something. */
  async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
    for (;;) {
      const { promise, resolve } = deferred<Event>();
      const unsubscribe = feed.subscribe(resolve);
      const seen = await look();
      if (seen) {
        unsubscribe();
        return seen;
      }
      await promise;
      unsubscribe();
    }
  }

  return {
    ...database,
    db,
    queue,
    scratchQueue,
    feed,
    log,
    lines,
    until,
    /** Accepts a vm whose VM process does what `words` say. */
    async create(words = "", fields: Partial<NewVm> = {}): Promise<{ vm: Vm; operation: Operation }> {
      const wanted = {
        imageId: "img_1",
        imageReady: false,
        memoryMiB: 32,
        cmdline: words,
        labels: {},
        start: true,
        expiresAt: null,
        ...fields,
      };
      const outcome = await acceptCreate(db, asker, wanted);
      if (outcome.outcome !== "accepted") throw new Error(outcome.outcome);
      return outcome;
    },
    async accept(vmId: string, action: VmAction): Promise<Operation> {
      const outcome = await acceptAction(db, asker, vmId, action);
      if (outcome.outcome === "conflict" || outcome.outcome === "not_found" || outcome.outcome === "precondition_failed") {
        throw new Error(`${action}: ${outcome.outcome}`);
      }
      return outcome.operation;
    },
    vm: (id: string): Promise<Vm> => db.vm.findUniqueOrThrow({ where: { id } }),
    operation: (id: string): Promise<Operation> => db.operation.findUniqueOrThrow({ where: { id } }),
    ended: (id: string): Promise<Operation> => until(() => db.operation.findFirst({ where: { id, endedAt: { not: null } } })),
    inState: (id: string, state: Vm["state"]): Promise<Vm> => until(() => db.vm.findFirst({ where: { id, state } })),
    async close() {
      await feed.close();
      await queue.close();
      await scratchQueue.close();
      await db.$disconnect();
      await database.close();
    },
  };
}

/** With a worker. `startAgain` is what a new worker process of the same host would be. */
export async function startInstallation(options: Partial<WorkerOptions> = {}, backend = postgresQueue) {
  const store = await startStore(backend);
  const { db, queue, feed, log, folder, url } = store;
  const hostId = newHostId();
  const begin = (): Promise<Worker> =>
    startWorker({
      db,
      queue,
      feed,
      databaseUrl: url,
      hostId,
      clusterSecret,
      consoleFolder: join(folder, "console"),
      translations: join(folder, "translations"),
      bootSource: async () => ({ kernel: "/nonexistent" }),
      listen: { host: "127.0.0.1", port: 0, reachableAs: "127.0.0.1" },
      log,
      onLost: (error) => log.fatal({ err: error }, "host lost"),
      deadlines: defaultDeadlines,
      program: fakeVm,
      ...options,
    });
  let worker = await begin();
  return {
    ...store,
    hostId,
    get worker() {
      return worker;
    },
    async startAgain() {
      worker = await begin();
    },
    /** Accepts, hands to the queue, and waits for the end. */
    async run(vmId: string, action: VmAction): Promise<Operation> {
      const operation = await store.accept(vmId, action);
      await queue.submit(operation.hostId, operation.id);
      return store.ended(operation.id);
    },
    /** A vm whose create has ended. */
    async created(words = "", fields: Partial<NewVm> = {}): Promise<{ vm: Vm; operation: Operation }> {
      const { vm, operation } = await store.create(words, fields);
      await queue.submit(null, operation.id);
      const ended = await store.ended(operation.id);
      return { vm: await store.vm(vm.id), operation: ended };
    },
    async close() {
      await worker.close(0);
      await store.close();
    },
  };
}

export function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
