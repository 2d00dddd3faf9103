import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.addImage("tiny");
});
afterAll(() => installation?.close());

async function create(body: object = {}) {
  const { body: operation } = await installation.admin.post("/v1/vms", { image: "tiny", ...body }).expect(202);
  return { operation, id: operation.resources.vm as string };
}

/** Ends an operation as a worker would. */
async function settle(operationId: string, vm: { id: string; state: "stopped" | "running" }) {
  await installation.db.operation.update({ where: { id: operationId }, data: { state: "succeeded", endedAt: new Date() } });
  await installation.db.vm.update({ where: { id: vm.id }, data: { state: vm.state } });
}

describe("creating a machine", () => {
  it("answers 202 with the operation, and a machine that is there at once", async () => {
    const { admin } = installation;
    const created = await admin.post("/v1/vms", { image: "tiny", name: "first", labels: { team: "lab" } }).expect(202);
    expect(created.headers.location).toBe(`/v1/operations/${created.body.id}`);
    expect(created.body).toMatchObject({ kind: "vm.create", state: "queued", mayCancel: true, error: null, projectId: "proj_default" });
    const vm = await admin.get(`/v1/vms/${created.body.resources.vm}`).expect(200);
    expect(vm.body).toMatchObject({
      name: "first",
      state: "creating",
      desiredState: "running",
      image: "img_tiny",
      memoryMiB: 128,
      labels: { team: "lab" },
      generation: 0,
      fault: null,
    });
    await admin.get(created.headers.location).expect(200, created.body);
  });

  it("puts a job for the operation on the queue", async () => {
    const { operation } = await create();
    expect(installation.submitted).toContainEqual([null, operation.id]);
  });

  it("stands even where the queue fails", async () => {
    installation.breakQueue(true);
    const { operation } = await create();
    installation.breakQueue(false);
    await installation.admin.get(`/v1/operations/${operation.id}`).expect(200);
  });

  it("takes memory from the image where none is said, and an end of life from ttlSeconds", async () => {
    await installation.addImage("roomy", { memoryMiB: 384 });
    const { id } = await create({ image: "img_roomy", ttlSeconds: 60, start: false });
    const { body } = await installation.admin.get(`/v1/vms/${id}`);
    expect(body).toMatchObject({ memoryMiB: 384, desiredState: "stopped" });
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBeGreaterThan(50_000);
  });

  it("accepts a catalog image that no host has prepared, and refuses one that waits for uploads", async () => {
    await installation.addImage("later", { projectId: "proj_system", catalog: true, state: "available" });
    await create({ image: "later" });
    await installation.addImage("waiting", { state: "pending", roles: ["kernel"] });
    const refused = await installation.admin.post("/v1/vms", { image: "waiting" }).expect(409);
    expect(refused.body).toMatchObject({ code: "image_state_conflict", detail: "The image waits for kernel" });
  });

  it("keeps to the project's quota", async () => {
    await installation.admin.post("/v1/projects", { name: "small", quota: { machines: 1 } }).expect(201);
    await installation.addImage("catalogued", { projectId: "proj_system", catalog: true });
    const post = () => installation.admin.post("/v1/vms?project=small", { image: "catalogued" });
    const answers = await Promise.all([post(), post()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 403]);
    const refused = answers.find(({ status }) => status === 403)?.body;
    expect(refused).toMatchObject({ code: "quota_exceeded", detail: "Machines: at most 1 in this project, which has 1" });
  });
});

describe("listing", () => {
  it("pages newest first without missing or repeating anything, also when rows go meanwhile", async () => {
    const { admin } = installation;
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await create({ labels: { paged: String(i) } })).id);
    const first = await admin.get("/v1/vms?label=paged&limit=2").expect(200);
    await installation.db.vm.delete({ where: { id: ids[1] } });
    const second = await admin.get(`/v1/vms?label=paged&limit=2&cursor=${first.body.nextCursor}`).expect(200);
    const third = await admin.get(`/v1/vms?label=paged&limit=2&cursor=${second.body.nextCursor}`).expect(200);
    const seen = [first, second, third].flatMap(({ body }) => body.items.map((vm: { id: string }) => vm.id));
    expect(seen).toEqual(ids);
    expect(third.body.nextCursor).toBeNull();
  });

  it("filters by labels and states", async () => {
    const { admin } = installation;
    const a = await create({ labels: { colour: "red", size: "s" } });
    const b = await create({ labels: { colour: "blue", size: "s", empty: "" } });
    await settle(b.operation.id, { id: b.id, state: "running" });
    const list = async (query: string) => (await admin.get(`/v1/vms?${query}`).expect(200)).body.items.map((vm: { id: string }) => vm.id);
    expect(await list("label=size=s")).toEqual([b.id, a.id]);
    expect(await list("label=size=s&label=colour=red")).toEqual([a.id]);
    expect(await list("label=colour&state=running,paused")).toEqual([b.id]);
    expect(await list("label=empty")).toEqual([b.id]);
    expect(await list("label=empty=")).toEqual([b.id]);
    expect(await list("label=colour=green")).toEqual([]);
  });

  it("carries the event sequence from which following misses nothing", async () => {
    const before = await installation.admin.get("/v1/vms?limit=1").expect(200);
    const { operation } = await create();
    const rows = await installation.db.event.findMany({ where: { seq: { gt: BigInt(before.body.eventSeq) } } });
    expect(rows.map(({ subject }) => subject)).toContain(operation.id);
  });
});

describe("naming", () => {
  it("replaces name and labels, and gives the row another ETag", async () => {
    const { id } = await create({ labels: { a: "1" } });
    const { admin } = installation;
    const before = await admin.get(`/v1/vms/${id}`);
    const changed = await admin.patch(`/v1/vms/${id}`, { name: "renamed", labels: { b: "2" } }).expect(200);
    expect(changed.body).toMatchObject({ name: "renamed", labels: { b: "2" } });
    expect(changed.headers.etag).not.toBe(before.headers.etag);
    expect((await admin.get(`/v1/vms/${id}`)).headers.etag).toBe(changed.headers.etag);
  });

  it("honours If-Match and If-None-Match", async () => {
    const { id } = await create();
    const { admin } = installation;
    const { etag } = (await admin.get(`/v1/vms/${id}`)).headers;
    await admin.get(`/v1/vms/${id}`).set("If-None-Match", etag).expect(304);
    await admin.patch(`/v1/vms/${id}`, { name: "x1" }).set("If-Match", `"0", ${etag}`).expect(200);
    const late = await admin.patch(`/v1/vms/${id}`, { name: "x2" }).set("If-Match", etag).expect(412);
    expect(late.body.code).toBe("precondition_failed");
    await admin.delete(`/v1/vms/${id}`).set("If-Match", etag).expect(412);
    await admin.patch(`/v1/vms/${id}`, { name: "x3" }).set("If-Match", "*").expect(200);
  });
});

describe("waiting", () => {
  it("answers when the machine comes to a state that was asked for", async () => {
    const { operation, id } = await create();
    const waiting = installation.admin.get(`/v1/vms/${id}/wait?state=running,error&timeout=60`).then((answer) => answer);
    await settle(operation.id, { id, state: "running" });
    await installation.tell(id);
    expect((await waiting).body).toMatchObject({ id, state: "running" });
  });

  it("answers with the present state when time is up, and at once where it holds", async () => {
    const { id } = await create();
    await installation.admin
      .get(`/v1/vms/${id}/wait?state=running&timeout=0`)
      .expect(200)
      .expect(({ body }) => expect(body.state).toBe("creating"));
    await installation.admin.get(`/v1/vms/${id}/wait?state=creating`).expect(200);
  });

  it("says that the machine went meanwhile", async () => {
    const { id } = await create();
    const waiting = installation.admin.get(`/v1/vms/${id}/wait?state=running&timeout=60`).then((answer) => answer);
    await installation.db.vm.delete({ where: { id } });
    await installation.tell(id);
    expect((await waiting).body).toEqual({ id, state: "deleted" });
  });

  it("for an operation ends with it", async () => {
    const { operation } = await create();
    const waiting = installation.admin.get(`/v1/operations/${operation.id}/wait?timeout=60`).then((answer) => answer);
    await installation.admin.delete(`/v1/operations/${operation.id}`).expect(202);
    expect((await waiting).body).toMatchObject({ id: operation.id, state: "cancelled", error: { code: "cancelled" } });
    const again = await installation.admin.delete(`/v1/operations/${operation.id}`).expect(409);
    expect(again.body.code).toBe("operation_state_conflict");
  });
});

describe("operations", () => {
  it("are listed by machine and state", async () => {
    const { operation, id } = await create();
    const list = async (query: string) => (await installation.admin.get(`/v1/operations?${query}`).expect(200)).body.items;
    expect(await list(`vm=${id}&state=queued`)).toEqual([operation]);
    expect(await list(`vm=${id}&state=failed`)).toEqual([]);
  });

  it("carry the id of the request that asked", async () => {
    const created = await installation.admin.post("/v1/vms", { image: "tiny" }).set("X-Request-Id", "my-request-7").expect(202);
    expect(created.headers["x-request-id"]).toBe("my-request-7");
    const row = await installation.db.operation.findUniqueOrThrow({ where: { id: created.body.id } });
    expect(row).toMatchObject({ requestId: "my-request-7", actor: "tok_admin" });
    expect(installation.lines).toContainEqual(expect.objectContaining({ requestId: "my-request-7" }));
  });
});
