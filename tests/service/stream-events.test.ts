import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { adminToken, type Installation, startInstallation } from "./http-installation.js";
import { SseClient } from "./sse-client.js";
import { StreamClient } from "./stream-client.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.addImage("tiny");
  await installation.admin.post("/v1/projects", { name: "other" }).expect(201);
});
afterAll(() => installation?.close());

const create = async () => (await installation.admin.post("/v1/vms", { image: "tiny" }).expect(202)).body;

const open = (query = "", headers: Record<string, string> = {}) =>
  SseClient.open(`${installation.url}/v1/events${query}`, { Authorization: `Bearer ${adminToken}`, ...headers });

describe("server-sent events", () => {
  it("begin at once, and carry the envelope with seq as the id", async () => {
    const client = await open();
    expect(client.response.headers["content-type"]).toContain("text/event-stream");
    const operation = await create();
    const { id, data } = await client.next(({ subject }) => subject === operation.id);
    expect(data).toMatchObject({
      seq: Number(id),
      type: "operation.state",
      projectId: "proj_default",
      data: { kind: "vm.create", state: "queued" },
    });
    client.close();
  });

  it("after a list miss nothing", async () => {
    const { body } = await installation.admin.get("/v1/vms");
    const operation = await create();
    const client = await open(`?from=${body.eventSeq}`);
    await client.next(({ subject }) => subject === operation.id);
    await client.next(({ subject, type }) => subject === operation.resources.vm && type === "vm.created");
    client.close();
  });

  it("resume after Last-Event-ID, each event once and in order", async () => {
    const first = await open("?from=0");
    const one = await create();
    const { id } = await first.next(({ subject }) => subject === one.id);
    first.close();
    const two = await create();
    const second = await open("", { "Last-Event-ID": id });
    await second.next(({ subject }) => subject === two.id);
    const ids = second.events.map((event) => Number(event.id));
    expect(ids[0]).toBe(Number(id) + 1);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    second.close();
  });

  it("say so where what is asked for is no longer kept", async () => {
    await create();
    const newest = await installation.db.event.findFirstOrThrow({ orderBy: { seq: "desc" } });
    await installation.db.event.deleteMany({ where: { seq: { lt: newest.seq } } });
    const client = await open("?from=1");
    const { data } = await client.next(({ type }) => type === "gap");
    expect(data).toMatchObject({ type: "gap", data: { from: 1, to: Number(newest.seq) - 1 } });
    await client.next(({ id }) => id === newest.id);
    client.close();
  });

  it("resume after Last-Event-ID also where the URL says where they once began", async () => {
    const [one, two] = [await create(), await create()];
    const { seq } = await installation.db.event.findFirstOrThrow({ where: { subject: two.id } });
    const client = await open("?from=0", { "Last-Event-ID": String(seq - 1n) });
    await client.next(({ subject }) => subject === two.id);
    expect(client.events[0].id).toBe(String(seq));
    expect(client.events.map(({ data }) => data.subject)).not.toContain(one.id);
    client.close();
  });

  it("say so when the database is restored to an earlier time under them, and go on", async () => {
    const { db } = installation;
    await create();
    const kept = await db.event.findFirstOrThrow({ orderBy: { seq: "desc" } });
    const client = await open();
    const lost = await create();
    await client.next(({ subject, type }) => subject === lost.resources.vm && type === "vm.created");
    await db.event.deleteMany({ where: { seq: { gt: kept.seq } } });
    await db.$queryRaw`SELECT setval(pg_get_serial_sequence('event', 'seq'), ${kept.seq}) :: text`;
    const { data } = await client.next(({ type }) => type === "gap");
    expect(data).toMatchObject({ seq: Number(kept.seq), data: { to: Number(kept.seq) } });
    const operation = await create();
    await client.next(({ subject }) => subject === operation.id);
    client.close();
  });

  it("say so where what is asked for has not been yet: the database was restored", async () => {
    const newest = await installation.db.event.findFirstOrThrow({ orderBy: { seq: "desc" } });
    const client = await open("", { "Last-Event-ID": "999999999" });
    const { id, data } = await client.next(({ type }) => type === "gap");
    expect([id, data.data]).toEqual([String(newest.seq), { from: 999999999, to: Number(newest.seq) }]);
    const operation = await create();
    await client.next(({ subject }) => subject === operation.id);
    client.close();
  });

  it("say at once how soon to come back, so that there are bytes to pass on before anything happens", async () => {
    const client = await open();
    await client.until((text) => text === "retry: 1000\n\n");
    client.close();
  });

  it("have a head that ends", async () => {
    const answer = await installation.admin.head("/v1/events").expect(200);
    expect(answer.headers["content-type"]).toContain("text/event-stream");
  });

  it("are those of one project", async () => {
    const client = await open("?project=other");
    await create();
    const { body: image } = await installation.admin.post("/v1/images?project=other", { name: "i", kind: "linux" }).expect(201);
    await client.next(({ subject }) => subject === image.id);
    expect(client.events).toHaveLength(1);
    client.close();
  });

  it("refuse a Last-Event-ID that is none", async () => {
    const answer = await installation.admin.get("/v1/events").set("Last-Event-ID", "x");
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
  });
});

describe("events.v1", () => {
  it("carries the same envelopes as text frames", async () => {
    const { body } = await installation.admin.get("/v1/vms");
    const client = await StreamClient.open(`${installation.url}/v1/events?from=${body.eventSeq}`, {
      token: adminToken,
      subprotocol: "events.v1",
    });
    expect(client.socket.protocol).toBe("events.v1");
    const operation = await create();
    const event = await client.until(() => client.controls.find(({ subject }) => subject === operation.id));
    expect(event).toMatchObject({ type: "operation.state", projectId: "proj_default" });
    client.close();
  });
});

describe("closing the server", () => {
  it("ends waits and streams", async () => {
    const own = await startInstallation();
    await own.addImage("tiny");
    const { body } = await own.admin.post("/v1/vms", { image: "tiny" }).expect(202);
    const followers = vi.spyOn(own.service.feed, "subscribe");
    const socket = await StreamClient.open(`${own.url}/v1/events`, { token: adminToken });
    const wait = own.admin.get(`/v1/operations/${body.id}/wait?timeout=60`).then((answer) => answer);
    await expect.poll(() => followers.mock.calls.length, { timeout: 60_000 }).toBe(2);
    await own.close();
    expect((await socket.end()).code).toBe(1001);
    expect((await wait).body.state).toBe("queued");
  });
});
