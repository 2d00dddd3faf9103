/** A real installation without a worker, for tests of what the API server does by itself: embedded PostgreSQL, the queue on it, files in a scratch folder. */
import { join } from "node:path";
import pino from "pino";
import request, { type Test } from "supertest";
import { BlobStore } from "../../src/images/blobs.js";
import { openPostgresQueue } from "../../src/queue/postgres.js";
import type { Lane } from "../../src/queue/queue.js";
import { createApiServer } from "../../src/server/server.js";
import type { Service } from "../../src/server/service.js";
import { type ApiSettings, defaultSettings } from "../../src/server/settings.js";
import { openDatabase } from "../../src/store/database.js";
import { EventFeed } from "../../src/store/feed.js";
import type { Prisma } from "../../src/store/generated/client.js";
import { applyMigrations, readMigrations } from "../../src/store/migrations.js";
import { commit } from "../../src/store/outbox.js";
import { setAdminToken } from "../../src/store/tokens.js";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.js";

export const adminToken = "an-admin-token-of-a-test-installation";
export const clusterSecret = "a-cluster-secret-of-a-test-installation";

export type Installation = Awaited<ReturnType<typeof startInstallation>>;

/** Logs go to `lines`, one object for each. */
export async function startInstallation(settings: Partial<ApiSettings> = {}, given?: ScratchDatabase) {
  const database = given ?? (await scratchDatabase());
  const { folder } = database;
  await applyMigrations(database.url, await readMigrations());
  const db = openDatabase(database.url);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const queue = await openPostgresQueue(database.url, (error) => log.error({ err: error }, "queue"));
  const feed = new EventFeed(db, database.url, (error) => log.error({ err: error }, "feed"));
  await feed.start();
  const blobs = new BlobStore(join(folder, "blobs"));
  const submitted: [Lane, string][] = [];
  let queueBroken = false;
  const service: Service = {
    db,
    feed,
    blobs,
    queue: {
      async submit(lane, operationId) {
        if (queueBroken) throw new Error("the queue is broken");
        await queue.submit(lane, operationId);
        submitted.push([lane, operationId]);
      },
    },
    clusterSecret,
    log,
    settings: { ...defaultSettings, port: 0, requestsPerMinute: 0, ...settings },
  };
  await setAdminToken(db, adminToken);
  const server = await createApiServer(service);
  const url = await server.listen();
  const agent = request(url);

  /** A request with a token, the administrator's where none is given. */
  function as(token: string | null) {
    const authorised = (test: Test) => (token === null ? test : test.set("Authorization", `Bearer ${token}`));
    return {
      get: (path: string) => authorised(agent.get(path)),
      head: (path: string) => authorised(agent.head(path)),
      post: (path: string, body?: object) => authorised(agent.post(path)).send(body),
      put: (path: string, body: Buffer) => authorised(agent.put(path)).set("Content-Type", "application/octet-stream").send(body),
      patch: (path: string, body: object) => authorised(agent.patch(path)).send(body),
      delete: (path: string) => authorised(agent.delete(path)),
    };
  }

  return {
    folder,
    db,
    service,
    server,
    url,
    lines,
    agent,
    as,
    admin: as(adminToken),
    anonymous: as(null),
    /** What was handed to the queue. */
    submitted,
    breakQueue(broken: boolean) {
      queueBroken = broken;
    },
    /** A ready image, without files that anything could boot. */
    addImage(name: string, fields: Partial<Prisma.ImageUncheckedCreateInput> = {}) {
      return db.image.create({ data: { id: `img_${name}`, projectId: "proj_default", name, kind: "linux", state: "ready", ...fields } });
    },
    /** An event about a resource, as whoever changes its row writes it. */
    tell(subject: string) {
      return commit(db, async (tx) => tx.record({ projectId: "proj_default", type: "vm.updated", subject, data: {} }));
    },
    async close() {
      await server.close();
      await feed.close();
      await queue.close();
      await db.$disconnect();
      await database.close();
    },
  };
}
