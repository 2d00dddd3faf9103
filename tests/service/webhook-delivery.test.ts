/** Events on their way to webhooks: a real database, API servers that share it, and real targets. */
import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApiServer } from "../../src/server/server.js";
import { claimDeliveries } from "../../src/store/webhook-work.js";
import { type Installation, startInstallation } from "./http-installation.js";
import { until } from "./served.js";
import { type Posted, startTarget, status, type WebhookTarget } from "./webhook-target.js";

interface Hook {
  id: string;
  secret: string;
  active: boolean;
  inactiveReason: string | null;
  failingSince: string | null;
}

interface Delivery {
  id: string;
  subject: string;
  state: string;
  attempts: number;
  nextAttemptAt: string | null;
  lastStatus: number | null;
  lastError: string | null;
}

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ webhookAllow: ["127.0.0.1"] });
  await installation.admin.post("/v1/projects", { name: "other" }).expect(201);
});
afterAll(() => installation?.close());

let target: WebhookTarget;
beforeEach(async () => {
  target = await startTarget();
});
afterEach(async () => {
  await installation.db.webhook.deleteMany();
  await target.close();
});

async function hook(fields: object = {}): Promise<Hook> {
  return (await installation.admin.post("/v1/webhooks", { url: target.url, ...fields }).expect(201)).body;
}

const about = (subject: string) => (post: Posted) => post.event.subject === subject;

/** The delivery of the one event about `subject`, once it is as it should be. */
async function delivery({ id }: Hook, subject: string, fits: (delivery: Delivery) => boolean): Promise<Delivery> {
  let found: Delivery | undefined;
  await until(async () => {
    const { body } = await installation.admin.get(`/v1/webhooks/${id}/deliveries`).expect(200);
    found = (body.items as Delivery[]).find((each) => each.subject === subject && fits(each));
    return found !== undefined;
  });
  return found as Delivery;
}

/** Time passes until its next attempt. */
const comeDue = (id: string) => installation.db.webhookDelivery.update({ where: { id }, data: { nextAttemptAt: new Date(0) } });

const unanswered = () => {};

describe("an event is posted", () => {
  it("as its envelope, signed so that the target can tell who posts", async () => {
    const { secret } = await hook();
    await installation.tell("vm_signed");
    const [{ headers, body, event }] = await target.got(1, about("vm_signed"));
    const row = await installation.db.event.findFirstOrThrow({ where: { subject: "vm_signed" } });
    expect(event).toMatchObject({ id: row.id, seq: Number(row.seq), type: "vm.updated", projectId: "proj_default", data: {} });
    expect(headers).toMatchObject({ "content-type": "application/json", "webhook-id": row.id });
    const signed = `${row.id}.${headers["webhook-timestamp"]}.${body}`;
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  });

  it("from the webhook's own creation on", async () => {
    await installation.tell("vm_before");
    const { id } = await hook();
    const [first] = await target.got(1);
    expect(first.event).toMatchObject({ type: "webhook.created", subject: id });
  });

  it("where its type is asked for, and to webhooks of its project alone", async () => {
    await hook({ types: ["vm.reset", "vm.updated"] });
    await installation.admin.post("/v1/webhooks?project=other", { url: `${target.url}/other` }).expect(201);
    await installation.admin.post("/v1/images", { name: "unasked", kind: "linux" }).expect(201);
    await installation.tell("vm_asked");
    const [{ event, path }] = await target.got(1, ({ path }) => path === "/");
    expect([event.subject, path]).toEqual(["vm_asked", "/"]);
    const [other] = await target.got(1, ({ path }) => path === "/other");
    expect(other.event.type).toBe("webhook.created");
  });

  it("by its state and attempts can be followed", async () => {
    const own = await hook();
    await installation.tell("vm_followed");
    expect(await delivery(own, "vm_followed", ({ state }) => state === "succeeded")).toMatchObject({
      attempts: 1,
      nextAttemptAt: null,
      lastStatus: 204,
      lastError: null,
    });
    const { body } = await installation.admin.get(`/v1/webhooks/${own.id}/deliveries?state=failed,pending`).expect(200);
    expect(body.items).toEqual([]);
  });
});

describe("a target that fails", () => {
  it("is tried again, with the same id", async () => {
    const own = await hook({ types: ["vm.updated"] });
    target.answer((post, response) => status(target.posts.length === 1 ? 503 : 204)(post, response));
    await installation.tell("vm_retried");
    const { id } = await delivery(own, "vm_retried", ({ lastStatus }) => lastStatus !== null);
    await comeDue(id);
    const [one, two] = await target.got(2);
    expect(one.headers["webhook-id"]).toBe(two.headers["webhook-id"]);
    expect(await delivery(own, "vm_retried", ({ state }) => state === "succeeded")).toMatchObject({ attempts: 2, lastError: null });
  });

  it("with a private address behind its redirect is not led there", async () => {
    const own = await hook({ types: ["vm.updated"] });
    target.answer(status(307, { Location: `${target.url}/inside` }));
    await installation.tell("vm_redirected");
    expect(await delivery(own, "vm_redirected", ({ attempts }) => attempts === 1)).toMatchObject({ state: "pending" });
    const { lastError } = await delivery(own, "vm_redirected", ({ lastStatus }) => lastStatus === 307);
    expect(lastError).toMatch(/redirect, which is not followed/);
    expect(target.posts.map(({ path }) => path)).toEqual(["/"]);
  });

  it("at an address that is not allowed any more says so", async () => {
    const own = await hook({ types: ["vm.updated"] });
    // As it was made when the installation allowed it.
    await installation.db.webhook.update({ where: { id: own.id }, data: { url: `http://127.0.0.2:${target.port}/` } });
    await installation.tell("vm_inside");
    const { lastError } = await delivery(own, "vm_inside", (each) => each.lastError !== null);
    expect(lastError).toBe("127.0.0.2 is a loopback address, which webhooks are not posted to");
    expect(target.posts).toEqual([]);
  });

  it("by hanging takes nobody else's turn, and is sent no more than a few at once", async () => {
    const hanging = await startTarget();
    hanging.answer(unanswered);
    await hook({ url: hanging.url, types: ["vm.updated"] });
    await hook({ types: ["vm.updated"] });
    for (let i = 0; i < 10; i++) await installation.tell(`vm_hang${i}`);
    await target.got(10);
    await hanging.got(4);
    expect(hanging.posts).toHaveLength(4);
    await hanging.close();
  });

  it("for days is given up with a reason, until somebody makes it active again", async () => {
    const own = await hook({ types: ["vm.updated"] });
    target.answer(status(500));
    const longAgo = new Date(Date.now() - 3 * 24 * 3600_000);
    await installation.db.webhook.update({ where: { id: own.id }, data: { failingSince: longAgo } });
    await installation.tell("vm_last");
    const { id } = await delivery(own, "vm_last", ({ lastStatus }) => lastStatus === 500);
    // A first failure after a long silence is no reason yet.
    expect((await installation.admin.get(`/v1/webhooks/${own.id}`)).body).toMatchObject({ active: true });
    await installation.db.webhookDelivery.update({ where: { id }, data: { attempts: 8, nextAttemptAt: new Date(0) } });
    await delivery(own, "vm_last", ({ state }) => state === "failed");
    const { body: dead } = await installation.admin.get(`/v1/webhooks/${own.id}`).expect(200);
    const since = `nothing has succeeded since ${longAgo.toISOString()}`;
    const reason = `${since}; the last attempt: it answered 500`;
    expect(dead).toMatchObject({ active: false, inactiveReason: reason });
    const told = await installation.db.event.findFirstOrThrow({ where: { type: "webhook.deactivated", subject: own.id } });
    // Viewers see events; what a target answers is for operators.
    expect(told.data).toEqual({ reason: since });

    const refused = await installation.admin.post(`/v1/webhooks/${own.id}/deliveries/${id}/replay`).expect(409);
    expect(refused.body).toMatchObject({ code: "webhook_inactive", detail: reason });
    await installation.tell("vm_unheard");
    target.answer(status(200));
    const { body: alive } = await installation.admin.patch(`/v1/webhooks/${own.id}`, { active: true }).expect(200);
    expect(alive).toMatchObject({ active: true, inactiveReason: null, failingSince: null });
    await installation.tell("vm_heard");
    await target.got(1, about("vm_heard"));
    expect(target.posts.filter(about("vm_unheard"))).toEqual([]);
  });

  it("is remembered as failing until something succeeds", async () => {
    const own = await hook({ types: ["vm.updated"] });
    const shown = async (): Promise<Hook> => (await installation.admin.get(`/v1/webhooks/${own.id}`)).body;
    target.answer(status(500));
    await installation.tell("vm_down");
    await until(async () => (await shown()).failingSince !== null);
    target.answer(status(200));
    await installation.tell("vm_up");
    await until(async () => (await shown()).failingSince === null);
    expect((await shown()).active).toBe(true);
  });
});

describe("a replay", () => {
  it("posts again what had succeeded or failed, with the same id", async () => {
    const own = await hook({ types: ["vm.updated"] });
    await installation.tell("vm_again");
    const { id } = await delivery(own, "vm_again", ({ state }) => state === "succeeded");
    const { body } = await installation.admin.post(`/v1/webhooks/${own.id}/deliveries/${id}/replay`).expect(202);
    expect(body).toMatchObject({ id, state: "pending" });
    const [one, two] = await target.got(2, about("vm_again"));
    expect(two.headers["webhook-id"]).toBe(one.headers["webhook-id"]);
    expect(await delivery(own, "vm_again", ({ state }) => state === "succeeded")).toMatchObject({ id, attempts: 2 });
  });

  it("of a delivery that waits does not wait", async () => {
    const own = await hook({ types: ["vm.updated"] });
    target.answer(status(503));
    await installation.tell("vm_now");
    const { id } = await delivery(own, "vm_now", ({ lastStatus }) => lastStatus === 503);
    await installation.db.webhookDelivery.update({ where: { id }, data: { nextAttemptAt: new Date("2100-01-01") } });
    target.answer(status(200));
    await installation.admin.post(`/v1/webhooks/${own.id}/deliveries/${id}/replay`).expect(202);
    expect(await delivery(own, "vm_now", ({ state }) => state === "succeeded")).toMatchObject({ nextAttemptAt: null, lastError: null });
  });
});

describe("several API servers", () => {
  it("post each event once, and no more than a few at once to one target", async () => {
    const others = await Promise.all([1, 2].map(() => createApiServer(installation.service)));
    await Promise.all(others.map((server) => server.listen()));
    const held: ServerResponse[] = [];
    target.answer((_post, response) => void held.push(response));
    const { id } = await hook({ types: ["vm.updated"] });
    await Promise.all(Array.from({ length: 40 }, (_, i) => installation.tell(`vm_many${i}`)));
    await target.got(4);
    expect(await installation.db.webhookDelivery.count({ where: { webhookId: id, claimedUntil: { not: null } } })).toBe(4);
    // Whoever asks now, in whatever server, gets none.
    expect((await claimDeliveries(installation.db, id)).claims).toEqual([]);
    target.answer(status(204));
    for (const response of held) response.writeHead(204).end();
    await target.got(40);
    expect(new Set(target.posts.map(({ event }) => event.subject)).size).toBe(40);
    await until(
      async () => (await installation.db.webhookDelivery.count({ where: { webhookId: id, state: "succeeded", attempts: 1 } })) === 40,
    );
    expect(target.posts).toHaveLength(40);
    await Promise.all(others.map((server) => server.close(0)));
  });

  it("take over at once what one of them leaves when it closes", async () => {
    const leaving = await startInstallation({ webhookAllow: ["127.0.0.1"] });
    target.answer(unanswered);
    await leaving.admin.post("/v1/webhooks", { url: target.url, types: ["vm.updated"] }).expect(201);
    await leaving.tell("vm_left");
    await target.got(1);
    await leaving.server.close(0);
    target.answer(status(204));
    const successor = await createApiServer(leaving.service);
    await successor.listen();
    await target.got(2, about("vm_left"));
    await successor.close();
    await leaving.close();
  });
});

describe("what is kept", () => {
  it("goes with its event", async () => {
    const own = await hook();
    await installation.tell("vm_swept");
    const { id } = await delivery(own, "vm_swept", ({ state }) => state === "succeeded");
    await installation.db.event.deleteMany({ where: { subject: "vm_swept" } });
    expect(await installation.db.webhookDelivery.findUnique({ where: { id } })).toBeNull();
  });

  it("is bounded: behind a thousand pending deliveries, events wait", async () => {
    const own = await hook({ active: false });
    await installation.tell("vm_event");
    const { seq } = await installation.db.event.findFirstOrThrow({ where: { subject: "vm_event" } });
    const pending = { projectId: "proj_default", webhookId: own.id, eventSeq: seq, nextAttemptAt: new Date("2100-01-01") };
    await installation.db.webhookDelivery.createMany({ data: Array.from({ length: 1000 }, (_, i) => ({ id: `dlv_${i}`, ...pending })) });
    await installation.admin.patch(`/v1/webhooks/${own.id}`, { active: true, types: ["vm.reset"] }).expect(200);
    const { position } = await installation.db.webhook.findUniqueOrThrow({ where: { id: own.id } });
    await installation.tell("vm_waits");
    expect((await claimDeliveries(installation.db, own.id)).claims).toEqual([]);
    expect((await installation.db.webhook.findUniqueOrThrow({ where: { id: own.id } })).position).toBe(position);
    await installation.db.webhookDelivery.deleteMany({ where: { webhookId: own.id } });
    await until(async () => (await installation.db.webhook.findUniqueOrThrow({ where: { id: own.id } })).position > position);
  });

  it("of a project goes with it", async () => {
    await installation.admin.post("/v1/projects", { name: "brief" }).expect(201);
    await installation.admin.post("/v1/webhooks?project=brief", { url: target.url }).expect(201);
    await target.got(1);
    await installation.admin.delete(`/v1/projects/brief`).expect(204);
  });
});
