/** What API servers ask workers for: of a worker whose VM processes say what a test wants, and of a host that does not answer. */
import { join } from "node:path";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BlobStore } from "../../src/images/blobs.js";
import { type ApiServer, createApiServer } from "../../src/server/server.js";
import { defaultSettings } from "../../src/server/settings.js";
import { acceptCreate } from "../../src/store/acceptance.js";
import { createProject } from "../../src/store/projects.js";
import { createToken } from "../../src/store/tokens.js";
import { clusterSecret, startInstallation, type WorkerInstallation } from "./worker-installation.js";

let installation: WorkerInstallation;
let server: ApiServer;
let url: string;
let viewer: string;
let stranger: string;
let otherProject: string;

beforeAll(async () => {
  installation = await startInstallation({ historyMs: 200 });
  const { db, feed, queue, folder, log } = installation;
  otherProject = (await createProject(db, "other")).id;
  const token = async (projectId: string) => (await createToken(db, { projectId, name: "v", role: "viewer", expiresAt: null })).secret;
  viewer = await token("proj_default");
  stranger = await token(otherProject);
  const settings = { ...defaultSettings, port: 0 };
  server = await createApiServer({ db, feed, queue, blobs: new BlobStore(join(folder, "blobs")), clusterSecret, settings, log });
  url = await server.listen();
  const host = { projectId: "proj_system", incarnation: "i", cpus: 4, memoryMiB: 2048, startedAt: new Date(0) };
  // Nobody listens there.
  await db.host.create({
    data: { id: "host_gone", name: "gone", streamUrl: "http://127.0.0.1:9", heartbeatAt: new Date(0), ...host },
  });
});
afterAll(async () => {
  await server?.close();
  await installation?.close();
});

const get = (path: string, token = viewer) => request(url).get(path).set("Authorization", `Bearer ${token}`);

/** A machine that runs, as its row says, on the host that does not answer. */
function createAway() {
  const fields = { name: "away", imageId: "img_1", memoryMiB: 64, projectId: "proj_default", desiredState: "running" } as const;
  return installation.db.vm.create({ data: { id: "vm_away", state: "running", hostId: "host_gone", ...fields } });
}

describe("GET /v1/usage", () => {
  it("has the newest figures of each running machine, and leaves out a host that does not answer", async () => {
    const { vm } = await installation.created();
    const stopped = await installation.created("", { start: false });
    await createAway();
    const { body } = await get("/v1/usage").expect(200);
    expect(body.items).toEqual([{ vm: vm.id, instructions: 1000, hostCpuUs: 200, residentBytes: 4096, outputBytes: 34 }]);
    await installation.run(vm.id, "pause");
    expect((await get("/v1/usage")).body.items).toHaveLength(1);
    for (const id of [vm.id, stopped.vm.id]) await installation.run(id, "delete");
    await installation.db.vm.delete({ where: { id: "vm_away" } });
    expect((await get("/v1/usage")).body.items).toEqual([]);
  });

  it("has nothing of another project", async () => {
    const { vm } = await installation.created();
    expect((await get("/v1/usage", stranger).expect(200)).body.items).toEqual([]);
    await installation.run(vm.id, "delete");
  });

  it("leaves out a machine whose process says what cannot be", async () => {
    const { vm } = await installation.created("lies");
    expect((await get("/v1/usage").expect(200)).body.items).toEqual([]);
    await installation.run(vm.id, "delete");
  });
});

describe("GET /v1/vms/{id}/stats/history", () => {
  const history = async (id: string) => (await get(`/v1/vms/${id}/stats/history`).expect(200)).body;

  it("grows while the machine runs, and stays when it has stopped", async () => {
    const { vm } = await installation.created();
    const running = async () => (await history(vm.id)).items.filter(({ state }: { state: string }) => state === "running");
    await expect.poll(async () => (await running()).length, { timeout: 60_000 }).toBeGreaterThan(1);
    await installation.run(vm.id, "stop");
    const { intervalSeconds, items } = await history(vm.id);
    expect(intervalSeconds).toBe(0.2);
    const times = items.map(({ time }: { time: string }) => time);
    expect(times).toEqual([...times].sort());
    expect(items).toContainEqual(
      expect.objectContaining({ state: "running", generation: 1, stats: expect.objectContaining({ guestTimeMs: 1 }) }),
    );
    await installation.run(vm.id, "delete");
    await get(`/v1/vms/${vm.id}/stats/history`).expect(404);
  });

  it("is empty before there is a host, and says so where the host does not answer", async () => {
    const { vm } = await installation.create("", { memoryMiB: 1024 * 1024 * 1024 });
    expect(await history(vm.id)).toEqual({ intervalSeconds: 10, items: [] });
    await createAway();
    expect((await get("/v1/vms/vm_away/stats/history").expect(503)).body.code).toBe("stream_unavailable");
    await get("/v1/vms/vm_away/stats/history", stranger).expect(404);
    await installation.db.vm.deleteMany({ where: { id: { in: [vm.id, "vm_away"] } } });
  });
});

describe("GET /v1/hosts", () => {
  it("tells hosts that are alive from one that is not, and counts the project's machines", async () => {
    const { vm } = await installation.created("", { start: false });
    const theirs = { imageId: "img_1", imageReady: true, memoryMiB: 32, cmdline: null, labels: {}, start: false, expiresAt: null };
    const other = await acceptCreate(installation.db, { projectId: otherProject, requestId: null, actor: null }, theirs);
    if (other.outcome !== "accepted") throw new Error(other.outcome);
    await installation.queue.submit(null, other.operation.id);
    await installation.ended(other.operation.id);
    const { body } = await get("/v1/hosts").expect(200);
    expect(body.nextCursor).toBeNull();
    expect(body.items).toEqual([
      { id: "host_gone", name: "gone", cpus: 4, memoryMiB: 2048, machines: 0, heartbeatAt: "1970-01-01T00:00:00.000Z", alive: false },
      expect.objectContaining({ id: installation.hostId, machines: 1, alive: true }),
    ]);
    expect(JSON.stringify(body)).not.toContain("http");
    await installation.run(vm.id, "delete");
  });

  it("comes in pages", async () => {
    const first = (await get("/v1/hosts?limit=1").expect(200)).body;
    const second = (await get(`/v1/hosts?limit=1&cursor=${first.nextCursor}`).expect(200)).body;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(["host_gone", installation.hostId]);
    expect(second.nextCursor).toBeNull();
  });
});
