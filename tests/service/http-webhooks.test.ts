/** Webhooks as their owners make, see and change them. The installation allows no private address. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "./http-installation.js";
import { until } from "./served.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.close());
afterEach(() => installation.db.webhook.deleteMany());

// Not active, so that nothing is posted to somebody's host.
const quiet = { url: "https://hooks.example/events", active: false };
const create = async (fields: object = {}) => (await installation.admin.post("/v1/webhooks", { ...quiet, ...fields }).expect(201)).body;

describe("a webhook", () => {
  it("is made with a secret that is shown once", async () => {
    const answer = await installation.admin.post("/v1/webhooks", { ...quiet, types: ["vm.state"], labels: { for: "tests" } }).expect(201);
    const { secret, ...shown } = answer.body;
    expect(answer.headers.location).toBe(`/v1/webhooks/${shown.id}`);
    expect(Buffer.from(secret.replace("whsec_", ""), "base64")).toHaveLength(32);
    expect(shown).toMatchObject({
      id: expect.stringMatching(/^hook_/),
      url: quiet.url,
      types: ["vm.state"],
      labels: { for: "tests" },
      active: false,
      inactiveReason: null,
      failingSince: null,
      projectId: "proj_default",
    });
    expect((await installation.admin.get(`/v1/webhooks/${shown.id}`).expect(200)).body).toEqual(shown);
    expect((await installation.admin.get("/v1/webhooks").expect(200)).body.items).toEqual([shown]);
    expect(JSON.stringify(installation.lines)).not.toContain(secret);
  });

  it("is not made again by a retry, which cannot be shown the secret", async () => {
    const post = () => installation.admin.post("/v1/webhooks", quiet).set("Idempotency-Key", "once");
    await post().expect(201);
    expect((await post().expect(409)).body.code).toBe("idempotency_not_replayable");
    expect(await installation.db.webhook.count()).toBe(1);
  });

  it("is changed and deleted", async () => {
    const { id, secret, ...before } = await create();
    const changes = { url: "http://hooks.example:8000/", types: ["vm.deleted"], labels: { a: "b" } };
    const { body } = await installation.admin.patch(`/v1/webhooks/${id}`, changes).expect(200);
    expect(body).toEqual({ id, ...before, ...changes });
    await installation.admin.delete(`/v1/webhooks/${id}`).expect(204);
    await installation.admin.get(`/v1/webhooks/${id}`).expect(404);
    const told = await installation.db.event.findMany({ where: { subject: id }, orderBy: { seq: "asc" } });
    expect(told.map(({ type }) => type)).toEqual(["webhook.created", "webhook.updated", "webhook.deleted"]);
    // Viewers see events; URLs of targets are often secrets, as the other one always is.
    expect(JSON.stringify(told.map(({ data }) => data))).not.toMatch(/hooks\.example|whsec/);
    expect(secret).toMatch(/^whsec_/);
  });

  it("is one of twenty at most", async () => {
    const answers = await Promise.all(Array.from({ length: 22 }, () => installation.admin.post("/v1/webhooks", quiet)));
    const refused = answers.filter(({ status }) => status === 403);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(refused.map(({ body }) => [body.code, body.detail])).toEqual(
      Array.from({ length: 2 }, () => ["quota_exceeded", "A project may have 20 webhooks"]),
    );
  });

  it("may have a name, which is looked up at each delivery", async () => {
    const { id } = await create({ url: "http://localhost:9/", active: true });
    let items: { lastError: string | null }[] = [];
    await until(async () => {
      items = (await installation.admin.get(`/v1/webhooks/${id}/deliveries`)).body.items;
      return items.some(({ lastError }) => lastError !== null);
    });
    expect(items[0].lastError).toBe("the name localhost leads to no address that webhooks are posted to");
  });
});

const bad: [title: string, fields: object, field: string][] = [
  ["no URL", { url: undefined }, "/url"],
  ["a URL that is none", { url: "hooks.example" }, "/url"],
  ["a file", { url: "file:///etc/passwd" }, "/url"],
  ["another scheme", { url: "gopher://hooks.example/" }, "/url"],
  ["a name and password in the URL", { url: "https://me:secret@hooks.example/" }, "/url"],
  ["a URL with a line break", { url: "https://hooks.example/\r\nX: y" }, "/url"],
  ["a URL beyond all measure", { url: `https://hooks.example/${"x".repeat(2000)}` }, "/url"],
  ["this host", { url: "http://127.0.0.1/" }, "/url"],
  ["this host, spelt oddly", { url: "http://0x7f.1/" }, "/url"],
  ["this host in IPv6", { url: "http://[::ffff:127.0.0.1]/" }, "/url"],
  ["a metadata service", { url: "http://169.254.169.254/latest/meta-data" }, "/url"],
  ["an unknown type", { types: ["vm.state", "vm.exploded"] }, "/types/1"],
  ["a type twice", { types: ["vm.state", "vm.state"] }, "/types"],
  ["types that are no list", { types: "vm.state" }, "/types"],
  ["a secret of one's own", { secret: "whsec_mine" }, "/secret"],
];

describe("bad input is one typed problem", () => {
  it.each(bad)("in a create: %s", async (_title, fields, field) => {
    const { status, body } = await installation.admin.post("/v1/webhooks", { ...quiet, ...fields });
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, "invalid_request", field]);
  });

  it.each(bad.filter(([title]) => title !== "no URL"))("in a change: %s, which changes nothing", async (_title, fields, field) => {
    const { secret: _, ...before } = await create();
    const { status, body } = await installation.admin.patch(`/v1/webhooks/${before.id}`, fields);
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, "invalid_request", field]);
    expect((await installation.admin.get(`/v1/webhooks/${before.id}`)).body).toEqual(before);
  });

  it("a delivery of another webhook, or none", async () => {
    const [one, other] = [await create(), await create()];
    const { seq } = await installation.db.event.findFirstOrThrow();
    await installation.db.webhook.update({ where: { id: one.id }, data: { active: true, position: 1n << 40n } });
    await installation.db.webhookDelivery.create({ data: { id: "dlv_1", projectId: "proj_default", webhookId: other.id, eventSeq: seq } });
    for (const id of ["dlv_1", "dlv_nowhere", "..%2f"]) {
      const answer = await installation.admin.post(`/v1/webhooks/${one.id}/deliveries/${id}/replay`);
      expect([answer.status, answer.body.code], id).toEqual([404, "not_found"]);
    }
    const replay = await installation.admin.post(`/v1/webhooks/${other.id}/deliveries/dlv_1/replay`);
    expect([replay.status, replay.body.code]).toEqual([409, "webhook_inactive"]);
    const states = await installation.admin.get(`/v1/webhooks/${one.id}/deliveries?state=lost`);
    expect([states.status, states.body.errors[0].path]).toEqual([400, "state.0"]);
  });
});
