import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokenRoles } from "../../src/contract/access.js";
import type { Endpoint } from "../../src/contract/endpoint.js";
import { endpoints } from "../../src/contract/endpoints/all.js";
import { sweepTokens } from "../../src/store/tokens.js";
import { adminToken, type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
const tokens: Record<string, string> = {};
let other: { id: string };

beforeAll(async () => {
  installation = await startInstallation();
  const { admin, db, addImage } = installation;
  other = (await admin.post("/v1/projects", { name: "other" }).expect(201)).body;
  for (const role of tokenRoles) {
    tokens[role] = (await admin.post("/v1/tokens", { name: role, role }).expect(201)).body.secret;
    tokens[`other-${role}`] = (await admin.post("/v1/tokens?project=other", { name: role, role }).expect(201)).body.secret;
  }
  await addImage("tiny");
  const vm = {
    name: "m",
    imageId: "img_tiny",
    memoryMiB: 64,
    projectId: "proj_default",
    state: "stopped",
    desiredState: "stopped",
  } as const;
  await db.vm.create({ data: { id: "vm_1", ...vm } });
});
afterAll(() => installation?.close());

const guarded = endpoints.filter(({ role }) => role !== null);
const title = ({ method, path }: Endpoint) => `${method.toUpperCase()} ${path}`;

function send(route: Endpoint, token: string | null, id: string) {
  const path = route.path.replace("{id}", id).replace("{role}", "kernel").replace("{deliveryId}", "x");
  return installation.agent[route.method](path).set(token === null ? {} : { Authorization: `Bearer ${token}` });
}

describe("every route that is not public", () => {
  it.each(guarded.map((route) => [title(route), route] as const))("%s wants a token", async (_title, route) => {
    const { status, body } = await send(route, null, "x");
    expect([status, body.code]).toEqual([401, "unauthorized"]);
  });

  const strict = guarded.filter(({ role, installation: whole }) => role !== "viewer" || whole);
  it.each(strict.map((route) => [title(route), route] as const))("%s refuses a role that is too weak", async (_title, route) => {
    const weaker = route.installation ? "admin" : tokenRoles[tokenRoles.indexOf(route.role ?? "viewer") - 1];
    const { status, body } = await send(route, tokens[weaker], "vm_1");
    expect([status, body.code]).toEqual([403, "forbidden"]);
  });
});

describe("selecting a project", () => {
  it("an administrator of the installation may, by name or id", async () => {
    const { admin } = installation;
    const { body } = await admin.post("/v1/images?project=other", { name: "theirs", kind: "linux" }).expect(201);
    expect(body.projectId).toBe(other.id);
    await admin.get(`/v1/images/theirs?project=${other.id}`).expect(200);
    await admin.get("/v1/images/theirs").expect(404);
  });

  it("for everybody else another project is not there", async () => {
    await installation.as(tokens.admin).get("/v1/vms?project=other").expect(404);
    await installation.as(tokens.admin).get("/v1/vms?project=default").expect(200);
  });
});

describe("images of the catalog", () => {
  it("are everybody's to see and nobody's to change", async () => {
    await installation.addImage("shared", { projectId: "proj_system", catalog: true });
    const theirs = installation.as(tokens["other-operator"]);
    expect((await theirs.get("/v1/images/shared").expect(200)).body).toMatchObject({ id: "img_shared", catalog: true });
    expect((await theirs.delete("/v1/images/shared").expect(409)).body.code).toBe("image_state_conflict");
    await theirs.put("/v1/images/shared/files/kernel", Buffer.from("x")).expect(409);
  });

  it("give way to the project's own image of the same name", async () => {
    await installation.addImage("both-system", { id: "img_system", name: "both", projectId: "proj_system", catalog: true });
    await installation.addImage("both", { id: "img_own" });
    expect((await installation.admin.get("/v1/images/both")).body.id).toBe("img_own");
    expect((await installation.admin.get("/v1/images/img_system")).body.id).toBe("img_system");
  });
});

describe("tokens", () => {
  it("are stored hashed, and shown once", async () => {
    const { admin, db } = installation;
    const created = await admin.post("/v1/tokens", { name: "shown", role: "viewer" }).expect(201);
    expect(created.body.secret).toMatch(/^wst_[A-Za-z0-9_-]{43}$/);
    const listed = (await admin.get("/v1/tokens").expect(200)).body.items.find(({ id }: { id: string }) => id === created.body.id);
    const { secret, ...rest } = created.body;
    expect(listed).toEqual(rest);
    expect(JSON.stringify(await db.token.findMany())).not.toContain(secret);
    expect(JSON.stringify(installation.lines)).not.toContain(secret);
  });

  it("open nothing once revoked or expired", async () => {
    const { admin, as, db } = installation;
    const { body } = await admin.post("/v1/tokens", { name: "short", role: "viewer", ttlSeconds: 1000 }).expect(201);
    await as(body.secret).get("/v1/vms").expect(200);
    await db.token.update({ where: { id: body.id }, data: { expiresAt: new Date(0) } });
    await as(body.secret).get("/v1/vms").expect(401);
    await db.token.update({ where: { id: body.id }, data: { expiresAt: null } });
    await admin.delete(`/v1/tokens/${body.id}`).expect(204);
    await as(body.secret).get("/v1/vms").expect(401);
    await admin.delete(`/v1/tokens/${body.id}`).expect(404);
  });

  it("are forgotten some time after they have expired or were revoked, and not before", async () => {
    const { admin, db } = installation;
    const make = async (name: string, fields: object) => {
      const { body } = await admin.post("/v1/tokens?project=other", { name, role: "viewer" }).expect(201);
      await db.token.update({ where: { id: body.id }, data: fields });
    };
    await make("sweep-long-expired", { expiresAt: new Date(1000) });
    await make("sweep-long-revoked", { revokedAt: new Date(1000) });
    await make("sweep-just-expired", { expiresAt: new Date(3000) });
    await make("sweep-living", {});
    await sweepTokens(db, new Date(2000));
    const left = await db.token.findMany({ where: { name: { startsWith: "sweep-" } }, orderBy: { name: "asc" } });
    expect(left.map(({ name }) => name)).toEqual(["sweep-just-expired", "sweep-living"]);
  });

  it("the installation's own cannot be revoked over HTTP", async () => {
    await installation.admin.delete("/v1/tokens/tok_admin").expect(403);
    await installation.as(adminToken).get("/v1/vms").expect(200);
  });
});

describe("projects", () => {
  it("are deleted with their tokens when they hold nothing", async () => {
    const { admin, as } = installation;
    const { body: project } = await admin.post("/v1/projects", { name: "brief" }).expect(201);
    const { secret } = (await admin.post("/v1/tokens?project=brief", { name: "t", role: "operator" }).expect(201)).body;
    const { body: image } = await as(secret).post("/v1/images", { name: "i", kind: "linux" }).expect(201);
    expect((await admin.delete(`/v1/projects/${project.id}`).expect(409)).body.code).toBe("project_not_empty");
    await as(secret).delete(`/v1/images/${image.id}`).expect(204);
    await admin.delete("/v1/projects/brief").expect(204);
    await as(secret).get("/v1/vms").expect(401);
  });

  it("of the installation stay", async () => {
    const { admin } = installation;
    await admin.delete("/v1/projects/default").expect(403);
    await admin.patch("/v1/projects/default", { name: "mine" }).expect(403);
    await admin.patch("/v1/projects/system", { quota: {} }).expect(403);
    expect((await admin.patch("/v1/projects/default", { quota: { machines: 7 } }).expect(200)).body.quota).toEqual({ machines: 7 });
    await admin.patch("/v1/projects/default", { quota: {} }).expect(200);
  });

  it("have a quota, which is replaced as a whole", async () => {
    const { admin } = installation;
    const quota = { machines: 3, memoryMiB: 512, diskMiB: 100 };
    const { body: project } = await admin.post("/v1/projects", { name: "bounded", quota }).expect(201);
    expect((await admin.get("/v1/projects/bounded").expect(200)).body).toEqual({ ...project, quota });
    const changed = await admin.patch(`/v1/projects/${project.id}`, { name: "unbounded", quota: { machines: 0 } }).expect(200);
    expect(changed.body).toEqual({ ...project, name: "unbounded", quota: { machines: 0 } });
    await installation.addImage("forbounded", { projectId: "proj_system", catalog: true });
    const refused = await admin.post("/v1/vms?project=unbounded", { image: "forbounded" }).expect(403);
    expect(refused.body).toMatchObject({ code: "quota_exceeded", detail: "Machines: at most 0 in this project, which has 0" });
    await admin.patch("/v1/projects/unbounded", { quota: { memoryMiB: 100 } }).expect(200);
    await admin.post("/v1/vms?project=unbounded", { image: "forbounded", memoryMiB: 64 }).expect(202);
    const second = await admin.post("/v1/vms?project=unbounded", { image: "forbounded", memoryMiB: 64 }).expect(403);
    expect(second.body.detail).toBe("MiB of memory of all machines: at most 100 in this project, which has 64");
    expect((await admin.patch("/v1/projects/unbounded", { name: "other" }).expect(409)).body.code).toBe("name_taken");
    await admin.patch("/v1/projects/unbounded", { quota: { machines: -1 } }).expect(400);
    await admin.patch("/v1/projects/nowhere", { quota: {} }).expect(404);
    await installation.db.vm.deleteMany({ where: { projectId: project.id } });
    await admin.delete(`/v1/projects/${project.id}`).expect(204);
  });

  it("are seen by their own tokens, and set by the installation's administrator alone", async () => {
    const theirs = installation.as(tokens["other-admin"]);
    expect((await theirs.get("/v1/projects/other").expect(200)).body).toMatchObject({ name: "other", quota: {} });
    await theirs.get("/v1/projects/default").expect(404);
    await theirs.patch("/v1/projects/other", { quota: {} }).expect(403);
  });

  it("are listed: all for the installation's administrator, else the own one", async () => {
    const names = async (token: string) =>
      (await installation.as(token).get("/v1/projects")).body.items.map(({ name }: { name: string }) => name).sort();
    expect(await names(adminToken)).toEqual(["default", "other"]);
    expect(await names(tokens["other-viewer"])).toEqual(["other"]);
  });
});

describe("tickets", () => {
  it("to write need an operator", async () => {
    const ticket = { stream: "console", role: "writer" };
    await installation.as(tokens.viewer).post("/v1/vms/vm_1/tickets", ticket).expect(403);
    const { body } = await installation.as(tokens.operator).post("/v1/vms/vm_1/tickets", ticket).expect(201);
    expect(body.path).toMatch(/^\/v1\/vms\/vm_1\/console\?ticket=wsk_/);
    expect(body.url).toBe(`${installation.url.replace("http", "ws")}${body.path}`);
  });
});
