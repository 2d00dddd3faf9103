import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.addImage("tiny");
});
afterAll(() => installation?.close());

const create = (key: string, body: object = { image: "tiny" }) => installation.admin.post("/v1/vms", body).set("Idempotency-Key", key);
const machines = () => installation.db.vm.count();

describe("Idempotency-Key", () => {
  it("gives the same request the same answer, and does it once", async () => {
    const before = await machines();
    const first = await create("once").expect(202);
    const second = await create("once").expect(202);
    expect(second.body).toEqual(first.body);
    expect(second.headers.location).toBe(first.headers.location);
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
    expect(second.headers["idempotency-replayed"]).toBe("true");
    expect(await machines()).toBe(before + 1);
  });

  it("knows the same request by its meaning, not by its spelling", async () => {
    const first = await create("meaning", { image: "tiny", name: "m" }).expect(202);
    const second = await create("meaning", { name: "m", image: "tiny", start: true }).expect(202);
    expect(second.body.id).toBe(first.body.id);
  });

  it("is refused for another body, and for another route", async () => {
    await create("twice").expect(202);
    const other = await create("twice", { image: "tiny", memoryMiB: 64 }).expect(422);
    expect(other.body.code).toBe("idempotency_key_reused");
    await installation.admin.post("/v1/images", { name: "i", kind: "linux" }).set("Idempotency-Key", "twice").expect(422);
  });

  it("lets only one of several requests at the same moment through", async () => {
    const before = await machines();
    const answers = await Promise.all(Array.from({ length: 6 }, () => create("burst")));
    expect(await machines()).toBe(before + 1);
    for (const { status, body } of answers) {
      if (status === 409) expect(body.code).toBe("idempotency_in_flight");
      else expect(status).toBe(202);
    }
    expect(answers.some(({ status }) => status === 202)).toBe(true);
  });

  it("is in flight until the first request is answered, and free again when its server never came back", async () => {
    const { db, service } = installation;
    const first = await create("lost").expect(202);
    const key = { projectId_key: { projectId: "proj_default", key: "lost" } };
    await db.idempotencyKey.update({ where: key, data: { status: null, completedAt: null } });
    expect((await create("lost").expect(409)).body.code).toBe("idempotency_in_flight");
    await db.idempotencyKey.update({ where: key, data: { createdAt: new Date(Date.now() - service.settings.inFlightMs - 1000) } });
    const again = await create("lost").expect(202);
    expect(again.body.id).not.toBe(first.body.id);
  });

  it("replays a problem that the request led to, but not one that it did not get past", async () => {
    const first = await create("absent", { image: "soon" }).expect(404);
    await installation.addImage("soon");
    const second = await create("absent", { image: "soon" }).expect(404);
    expect(second.headers["content-type"]).toContain("application/problem+json");
    expect(second.body).toEqual(first.body);
    await create("invalid", { image: "tiny", memoryMiB: 1 }).expect(400);
    await create("invalid").expect(202);
  });

  it("never keeps an answer with a secret", async () => {
    const post = () => installation.admin.post("/v1/tokens", { name: "secret", role: "viewer" }).set("Idempotency-Key", "token");
    const { body } = await post().expect(201);
    expect((await post().expect(409)).body.code).toBe("idempotency_not_replayable");
    const row = await installation.db.idempotencyKey.findUniqueOrThrow({
      where: { projectId_key: { projectId: "proj_default", key: "token" } },
    });
    expect(JSON.stringify(row)).not.toContain(body.secret);
  });

  it("belongs to a project", async () => {
    await installation.admin.post("/v1/projects", { name: "elsewhere" }).expect(201);
    const here = await installation.admin.post("/v1/images", { name: "a", kind: "linux" }).set("Idempotency-Key", "shared").expect(201);
    const there = await installation.admin
      .post("/v1/images?project=elsewhere", { name: "a", kind: "linux" })
      .set("Idempotency-Key", "shared")
      .expect(201);
    expect(there.body.id).not.toBe(here.body.id);
  });
});
