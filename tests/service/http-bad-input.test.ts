import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
  await installation.addImage("tiny");
  await installation.db.vm.create({
    data: {
      id: "vm_1",
      name: "one",
      projectId: "proj_default",
      imageId: "img_tiny",
      memoryMiB: 64,
      state: "stopped",
      desiredState: "stopped",
    },
  });
});
afterAll(() => installation?.close());

const vm = (fields: object) => ({ image: "tiny", ...fields });

/** What is sent, and the status, the code and, where there is one, the field that is complained of. */
const bodies: [title: string, path: string, body: unknown, status: number, code: string, field?: string][] = [
  ["no image", "/v1/vms", {}, 400, "invalid_request", "/image"],
  ["an unknown image", "/v1/vms", vm({ image: "nowhere" }), 404, "not_found"],
  ["an image reference that could be a path", "/v1/vms", vm({ image: "../../etc/passwd" }), 404, "not_found"],
  ["an image reference with a zero byte", "/v1/vms", vm({ image: "a\0b" }), 400, "invalid_request", "/image"],
  ["too little memory", "/v1/vms", vm({ memoryMiB: 31 }), 400, "invalid_request", "/memoryMiB"],
  ["too much memory", "/v1/vms", vm({ memoryMiB: 2049 }), 400, "invalid_request", "/memoryMiB"],
  ["memory as text", "/v1/vms", vm({ memoryMiB: "128" }), 400, "invalid_request", "/memoryMiB"],
  ["half a MiB", "/v1/vms", vm({ memoryMiB: 64.5 }), 400, "invalid_request", "/memoryMiB"],
  ["an unknown field", "/v1/vms", vm({ memory: 128 }), 400, "invalid_request", "/memory"],
  ["a name with capitals", "/v1/vms", vm({ name: "No" }), 400, "invalid_request", "/name"],
  ["a command line with a control character", "/v1/vms", vm({ cmdline: "a\nb" }), 400, "invalid_request", "/cmdline"],
  ["a command line beyond 2047", "/v1/vms", vm({ cmdline: "x".repeat(2048) }), 400, "invalid_request", "/cmdline"],
  ["labels as a list", "/v1/vms", vm({ labels: ["a"] }), 400, "invalid_request", "/labels"],
  ["half a surrogate pair in a label", "/v1/vms", vm({ labels: { a: "\ud800" } }), 400, "invalid_request", "/labels/a"],
  [
    "33 labels",
    "/v1/vms",
    vm({ labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ""])) }),
    400,
    "invalid_request",
    "/labels",
  ],
  ["no time to live", "/v1/vms", vm({ ttlSeconds: 0 }), 400, "invalid_request", "/ttlSeconds"],
  ["a list as the body", "/v1/vms", [], 400, "invalid_request", ""],
  ["null as the body", "/v1/vms", null, 400, "invalid_request", ""],
  ["fields for an action that takes none", "/v1/vms/vm_1/start", { force: true }, 400, "invalid_request", "/force"],
  ["an action on an unknown machine", "/v1/vms/vm_nowhere/start", {}, 404, "not_found"],
  ["an action on what cannot be an id", "/v1/vms/%00/start", {}, 404, "not_found"],
  ["an image without a kernel", "/v1/images", { name: "i", kind: "linux", files: ["initrd"] }, 400, "invalid_request", "/files"],
  ["an image of an unknown kind", "/v1/images", { name: "i", kind: "tape" }, 400, "invalid_request", "/kind"],
  ["an image whose name is taken", "/v1/images", { name: "tiny", kind: "linux" }, 409, "name_taken"],
  ["a project whose name is taken", "/v1/projects", { name: "default" }, 409, "name_taken"],
  ["a token with an unknown role", "/v1/tokens", { name: "t", role: "god" }, 400, "invalid_request", "/role"],
  ["a token beyond all dates", "/v1/tokens", { name: "t", role: "viewer", ttlSeconds: 2 ** 45 }, 400, "invalid_request", "/ttlSeconds"],
  ["a ticket for an unknown stream", "/v1/vms/vm_1/tickets", { stream: "smell" }, 400, "invalid_request", "/stream"],
];

const reads: [title: string, path: string, status: number, code: string, field?: string][] = [
  ["an unknown path", "/v1/nowhere", 404, "route_not_found"],
  ["an unknown machine", "/v1/vms/vm_nowhere", 404, "not_found"],
  ["an id that is a path", "/v1/vms/..%2f..%2fetc", 404, "not_found"],
  ["a path that cannot be decoded", "/v1/vms/%zz", 400, "invalid_request"],
  ["a limit of 0", "/v1/vms?limit=0", 400, "invalid_request", "limit"],
  ["a limit of 101", "/v1/vms?limit=101", 400, "invalid_request", "limit"],
  ["an unknown parameter", "/v1/vms?colour=red", 400, "invalid_request", "colour"],
  ["an unknown state", "/v1/vms?state=flying", 400, "invalid_request", "state.0"],
  ["a zero byte in a label", "/v1/vms?label=a%00b", 400, "invalid_request", "label"],
  ["a cursor that is none", "/v1/vms?cursor=abc", 400, "invalid_cursor"],
  ["a cursor of something else", `/v1/vms?cursor=${Buffer.from('{"a":1}').toString("base64url")}`, 400, "invalid_cursor"],
  ["a wait without a state", "/v1/vms/vm_1/wait", 400, "invalid_request", "state"],
  ["a wait beyond a minute", "/v1/vms/vm_1/wait?state=running&timeout=61", 400, "invalid_request", "timeout"],
  ["a wait for an unknown machine", "/v1/vms/vm_nowhere/wait?state=running", 404, "not_found"],
  ["an unknown project", "/v1/vms?project=nowhere", 404, "not_found"],
  ["a console without an upgrade", "/v1/vms/vm_1/console", 426, "upgrade_required"],
];

function expectProblem(
  answer: { status: number; body: Record<string, unknown>; headers: Record<string, string> },
  status: number,
  code: string,
  field?: string,
) {
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    status,
    code,
    type: `/docs/problems#${code}`,
    instance: `urn:request:${answer.headers["x-request-id"]}`,
  });
  expect(answer.status).toBe(status);
  if (field !== undefined) expect(answer.body.errors).toContainEqual(expect.objectContaining({ path: field }));
}

describe("bad input is one typed problem", () => {
  it.each(bodies)("POST: %s", async (_title, path, body, status, code, field) => {
    const answer = await installation.admin.post(path).set("Content-Type", "application/json").send(JSON.stringify(body));
    expectProblem(answer, status, code, field);
  });

  it.each(reads)("GET: %s", async (_title, path, status, code, field) => {
    expectProblem(await installation.admin.get(path), status, code, field);
  });

  it("malformed JSON", async () => {
    expectProblem(await installation.admin.post("/v1/vms").type("json").send('{"image":'), 400, "malformed_json");
  });

  it("an oversized body", async () => {
    expectProblem(await installation.admin.post("/v1/vms", vm({ name: "x".repeat(300_000) })), 413, "body_too_large");
  });

  it("a body of another type, an unknown charset, an unknown encoding", async () => {
    const { admin } = installation;
    expectProblem(await admin.post("/v1/vms").type("form").send("image=tiny"), 415, "unsupported_media_type");
    expectProblem(
      await admin.post("/v1/vms").set("Content-Type", "application/json; charset=klingon").send("{}"),
      415,
      "unsupported_media_type",
    );
    expectProblem(await admin.post("/v1/vms").type("json").set("Content-Encoding", "zip").send("{}"), 415, "unsupported_media_type");
  });

  it("a method that the path does not know, with those it knows", async () => {
    const answer = await installation.admin.patch("/v1/vms", {});
    expectProblem(answer, 405, "method_not_allowed");
    expect(answer.headers.allow).toBe("GET, POST, HEAD");
    expectProblem(await installation.agent.put("/healthz"), 405, "method_not_allowed");
  });

  it("no token, another scheme, a wrong token", async () => {
    const { agent, as } = installation;
    const without = await agent.get("/v1/vms");
    expectProblem(without, 401, "unauthorized");
    expect(without.headers["www-authenticate"]).toContain("Bearer");
    expectProblem(await agent.get("/v1/vms").set("Authorization", "Basic YTpi"), 401, "unauthorized");
    expectProblem(await as("wst_wrong").get("/v1/vms"), 401, "unauthorized");
  });

  it("an Idempotency-Key that is none", async () => {
    expectProblem(await installation.admin.post("/v1/vms", vm({})).set("Idempotency-Key", "x".repeat(201)), 400, "invalid_request");
  });
});

/** Sends bytes and answers what came back until the server closed. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(installation.url);
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

describe("below HTTP", () => {
  it.each([
    ["bytes that are not HTTP", "rubbish\r\n\r\n", 400, "invalid_request"],
    ["header fields beyond all measure", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431, "headers_too_large"],
    ["a body that ends early", "POST /v1/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{", 400, "upload_truncated"],
  ])("%s", async (_title, bytes, status, code) => {
    const answer = await exchange(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain("application/problem+json");
    expect(answer).toContain(`"code":"${code}"`);
  });

  it("leaves the server serving", async () => {
    await installation.agent.get("/readyz").expect(200);
  });
});
