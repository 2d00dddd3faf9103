/**
 * Another project's things, on every route and stream of the contract: what is not named here fails, so that a new route is thought of.
 * `mine` is the project of whoever asks, `theirs` the other one.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Endpoint } from "../../src/contract/endpoint.js";
import { endpoints } from "../../src/contract/endpoints/all.js";
import { type Installation, startInstallation } from "./http-installation.js";
import { refusedUpgrade, StreamClient } from "./stream-client.js";

let installation: Installation;
let me: string;
let they: string;
let myProject: string;

const theirs = { projectId: "proj_default" };

/** What another project has of each kind: an id for every `{id}` of the contract, by the path in front of it. */
const things: Record<string, string> = {
  "/v1/vms/": "vm_theirs",
  "/v1/operations/": "op_theirs",
  "/v1/images/": "img_theirs",
  "/v1/webhooks/": "hook_theirs",
  "/v1/tokens/": "tok_theirs",
  "/v1/projects/": "proj_default",
};

/** Queries and bodies without which a request would be refused before anybody looks for the thing. */
const needed: Record<string, { query?: string; body?: object }> = {
  waitVm: { query: "?state=running" },
  patchVm: { body: {} },
  patchWebhook: { body: {} },
  createVmTicket: { body: { stream: "console" } },
};

/** Everything that makes something without naming another: it belongs to whoever asked. */
const creations: Record<string, object | undefined> = {
  createImage: { name: "made", kind: "linux" },
  createToken: { name: "made", role: "viewer" },
  createWebhook: { url: "https://hooks.example/made" },
  createSignInCode: undefined,
  createTicket: { stream: "events" },
};

beforeAll(async () => {
  installation = await startInstallation();
  const { admin, db, addImage } = installation;
  myProject = (await admin.post("/v1/projects", { name: "mine" }).expect(201)).body.id;
  me = (await admin.post("/v1/tokens?project=mine", { name: "me", role: "admin" }).expect(201)).body.secret;
  they = (await admin.post("/v1/tokens", { name: "they", role: "admin" }).expect(201)).body.secret;
  await addImage("theirs");
  const vm = { name: "m", imageId: "img_theirs", memoryMiB: 64, state: "stopped", desiredState: "stopped" } as const;
  await db.vm.create({ data: { id: "vm_theirs", ...vm, ...theirs } });
  await db.operation.create({
    data: { id: "op_theirs", kind: "vm.start", state: "queued", mayCancel: true, vmId: "vm_theirs", ...theirs },
  });
  await db.token.create({ data: { id: "tok_theirs", name: "t", hash: "0".repeat(64), role: "viewer", ...theirs } });
  const { seq } = await db.event.create({ data: { id: "evt_theirs", type: "vm.updated", subject: "vm_theirs", data: {}, ...theirs } });
  const hook = { url: "https://hooks.example/", secret: "whsec_", position: seq, active: false };
  await db.webhook.create({ data: { id: "hook_theirs", ...hook, ...theirs } });
  await db.webhookDelivery.create({ data: { id: "dlv_theirs", webhookId: "hook_theirs", eventSeq: seq, ...theirs } });
});
afterAll(() => installation?.close());

const guarded = endpoints.filter(({ role, installation: whole }) => role !== null && !whole);
const named = guarded.filter(({ path }) => path.includes("{id}"));
const lists = guarded.filter(({ path, method }) => !path.includes("{id}") && method === "get");
const others = guarded.filter((route) => !named.includes(route) && !lists.includes(route));
const titled = (routes: Endpoint[]) => routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const);

function send(route: Endpoint, { query = "", body }: { query?: string; body?: object } = needed[route.id] ?? {}) {
  const prefix = Object.keys(things).find((before) => route.path.startsWith(`${before}{id}`));
  if (route.path.includes("{id}") && prefix === undefined) throw new Error(`no thing of another project for ${route.path}`);
  const path = route.path
    .replace("{id}", things[prefix ?? ""])
    .replace("{role}", "kernel")
    .replace("{deliveryId}", "dlv_theirs");
  return installation.agent[route.method](path + query)
    .set("Authorization", `Bearer ${me}`)
    .send(body);
}

async function everythingOfTheirs(): Promise<string> {
  const { db } = installation;
  const rows = await Promise.all([
    db.vm.findMany({ where: theirs }),
    db.operation.findMany({ where: theirs }),
    db.image.findMany({ where: theirs, include: { files: true } }),
    db.token.findMany({ where: theirs, orderBy: { id: "asc" } }),
    db.webhook.findMany({ where: theirs }),
    db.webhookDelivery.findMany({ where: theirs }),
    db.ticket.findMany({ where: theirs }),
    db.project.findMany({ where: { id: theirs.projectId } }),
  ]);
  return JSON.stringify(rows, (_key, value) => (typeof value === "bigint" ? String(value) : value));
}

describe("a thing of another project", () => {
  it.each(titled(named))("%s does not know it, and changes nothing", async (_title, route) => {
    const before = await everythingOfTheirs();
    const { status, body } = await send(route);
    expect([status, body.code]).toEqual([404, "not_found"]);
    expect(await everythingOfTheirs()).toBe(before);
  });

  it("is not what a new machine is made of", async () => {
    const answer = await installation.as(me).post("/v1/vms", { image: "img_theirs" }).expect(404);
    expect(answer.body.code).toBe("not_found");
  });
});

describe("a list", () => {
  it.each(titled(lists.filter(({ id }) => id !== "followEvents")))("%s has nothing of another project", async (_title, route) => {
    const { status, text } = await send(route);
    expect(status).toBe(200);
    for (const id of Object.values(things)) expect(text).not.toContain(id);
  });
});

describe("something new", () => {
  it.each(titled(others.filter(({ id }) => id !== "createVm")))("%s makes it in the own project", async (_title, route) => {
    expect(Object.keys(creations), "what makes things is listed above").toContain(route.id);
    const before = await everythingOfTheirs();
    const { status, body } = await send(route, { body: creations[route.id] });
    expect(status).toBe(201);
    if ("projectId" in body) expect(body.projectId).toBe(myProject);
    expect(await everythingOfTheirs()).toBe(before);
  });
});

describe("another project by name", () => {
  it.each(titled(guarded))("%s does not know it", async (_title, route) => {
    const { query, body } = needed[route.id] ?? { body: creations[route.id] };
    const answer = await send(route, { query: `${query ?? "?"}&project=default`, body });
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([404, "not_found", 'There is no project "default"']);
  });
});

describe("a stream", () => {
  const ofMachines = guarded.filter(({ path, query }) => path.startsWith("/v1/vms/{id}/") && takesTicket(query));

  it.each(titled(ofMachines))("%s of another project's machine is not opened, by token or by ticket", async (_title, route) => {
    const stream = route.path.split("/").at(-1);
    const at = (id: string) => `${installation.url}${route.path.replace("{id}", id)}`;
    expect((await refusedUpgrade(at("vm_theirs"), { token: me })).body).toMatchObject({ status: 404, code: "not_found" });
    expect((await refusedUpgrade(`${at("vm_theirs")}?project=default`, { token: me })).body).toMatchObject({ status: 404 });
    await ownMachine();
    const { body: ticket } = await installation.as(me).post("/v1/vms/vm_mine/tickets", { stream }).expect(201);
    const foreign = ticket.url.replace("vm_mine", "vm_theirs");
    expect((await refusedUpgrade(foreign)).body).toMatchObject({ status: 401, code: "ticket_invalid" });
    expect((await refusedUpgrade(`${foreign}&project=default`)).body).toMatchObject({ status: 401, code: "ticket_invalid" });
  });

  it("all that take a ticket are those of machines, and events", () => {
    const taking = guarded.filter(({ query }) => takesTicket(query)).map(({ path }) => path);
    expect(taking.sort()).toEqual(["/v1/events", ...ofMachines.map(({ path }) => path)].sort());
  });

  it("of events has none of another project", async () => {
    const mine = await StreamClient.open(`${installation.url}/v1/events?from=0`, { token: me, subprotocol: "events.v1" });
    await installation.tell("vm_theirs");
    await installation.as(me).post("/v1/images", { name: "told", kind: "linux" }).expect(201);
    await mine.until(() => mine.controls.some(({ type }) => type === "image.created"));
    expect(new Set(mine.controls.map(({ projectId }) => projectId))).toEqual(new Set([myProject]));
    mine.close();
    expect((await refusedUpgrade(`${installation.url}/v1/events?project=default`, { token: me })).body.status).toBe(404);
  });
});

/** Reads as: the parameter is known. */
function takesTicket(query: Endpoint["query"]): boolean {
  const { error } = query.safeParse({ ticket: "t" });
  return !error?.issues.some(({ code }) => code === "unrecognized_keys");
}

async function ownMachine(): Promise<void> {
  const vm = { name: "m", imageId: "img_theirs", memoryMiB: 64, state: "stopped", desiredState: "stopped", projectId: myProject } as const;
  await installation.db.vm.upsert({ where: { id: "vm_mine" }, create: { id: "vm_mine", ...vm }, update: {} });
}

it("what the other project has is there for its own", async () => {
  for (const [prefix, id] of Object.entries(things).filter(([, id]) => id !== "tok_theirs")) {
    await installation.as(they).get(`${prefix}${id}`).expect(200);
  }
});
