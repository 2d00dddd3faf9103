/** What the SDK makes of answers, and of none. */
import { OperationFailedError, ProblemError, UnexpectedAnswerError, UnreachableError, Worldswitch } from "@worldswitch/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json, problem, ScriptedServer } from "./scripted-server.js";

let server: ScriptedServer;
let client: Worldswitch;
beforeAll(async () => {
  server = await ScriptedServer.start();
  client = new Worldswitch({ url: server.url, token: "a-token", retries: 2 });
});
afterAll(() => server.close());

const image = { id: "img_1", name: "tiny", state: "pending" };
const imageFields = { name: "tiny", kind: "linux" } as const;
const keys = () => server.requests.map(({ headers }) => headers["idempotency-key"]);

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );
}

describe("a request", () => {
  it("carries the token, and the project where the route takes one", async () => {
    const abroad = new Worldswitch({ url: `${server.url}/behind/a/proxy/`, token: async () => "fresh", project: "lab" });
    server.plays(json(200, image), json(200, { status: "ok" }));
    await abroad.images.get("tiny");
    await abroad.request("getHealth", {});
    expect(server.requests.map(({ url }) => url)).toEqual(["/behind/a/proxy/v1/images/tiny?project=lab", "/behind/a/proxy/healthz"]);
    expect(server.requests[0].headers.authorization).toBe("Bearer fresh");
  });

  it("keeps what is in a reference inside its segment of the path", async () => {
    server.plays(problem(404, "not_found", "none"));
    await failure(client.images.get("../vms?x=1"));
    expect(server.requests[0].url).toBe("/v1/images/..%2Fvms%3Fx%3D1");
  });

  it("is sent again when the connection breaks, a POST with the same Idempotency-Key", async () => {
    server.plays("break", "break", json(201, image));
    expect(await client.images.create(imageFields)).toEqual(image);
    expect(new Set(keys()).size).toBe(1);
    expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(server.requests).toHaveLength(3);
  });

  it("has a key of its own each time it is meant anew", async () => {
    server.plays(json(201, image), json(201, image));
    await client.images.create(imageFields);
    await client.images.create(imageFields);
    expect(new Set(keys()).size).toBe(2);
  });

  it.each([
    ["rate_limited", problem(429, "rate_limited", "slowly", { "Retry-After": "0" })],
    ["service_unavailable", problem(503, "service_unavailable", "soon")],
    ["what a proxy says", { status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad Gateway</h1>" }],
    ["idempotency_in_flight", problem(409, "idempotency_in_flight", "still at it", { "Retry-After": "0" })],
  ])("is sent again after %s", async (_, answer) => {
    server.plays(answer, json(201, image));
    expect(await client.images.create(imageFields)).toEqual(image);
    expect(new Set(keys()).size).toBe(1);
  });

  it("is not sent again after an answer that stays as it is", async () => {
    server.plays(problem(409, "name_taken", "there is one"), json(201, image));
    expect(await failure(client.images.create(imageFields))).toMatchObject({ code: "name_taken" });
    expect(server.requests).toHaveLength(1);
  });

  it("that depends on a version is not sent again when its answer may have got lost: it would be refused though it succeeded", async () => {
    const vm = { id: "vm_1", name: "web" };
    server.plays(json(200, vm, { ETag: '"1"' }), "break", problem(412, "precondition_failed", "it is another version"));
    const web = await client.vms.get("web");
    expect(await failure(web.update({ name: "web2" }, { ifUnchanged: true }))).toBeInstanceOf(UnreachableError);
    expect(server.requests).toHaveLength(2);
    server.plays(problem(429, "rate_limited", "slowly", { "Retry-After": "0" }), json(200, { ...vm, name: "web2" }));
    await web.update({ name: "web2" }, { ifUnchanged: true });
    expect(server.requests.map(({ headers }) => headers["if-match"])).toEqual(['"1"', '"1"']);
  });

  it("is given up when it is refused for longer than anybody waits", async () => {
    server.plays(problem(429, "rate_limited", "tomorrow", { "Retry-After": "86400" }));
    expect(await failure(client.images.get("tiny"))).toMatchObject({ code: "rate_limited", retryAfterMs: 86_400_000 });
    expect(server.requests).toHaveLength(1);
  });

  it("takes it for done when what it deletes is gone, if the first answer got lost", async () => {
    server.plays("break", problem(404, "not_found", "gone"));
    await expect(client.tokens.revoke("tok_1")).resolves.toBeUndefined();
    server.plays(problem(404, "not_found", "never was"));
    expect(await failure(client.tokens.revoke("tok_1"))).toMatchObject({ code: "not_found" });
  });

  it("ends with the reason of its signal", async () => {
    server.plays("never");
    const reason = new Error("not interested any more");
    const abort = new AbortController();
    const answer = client.images.get("tiny", { signal: abort.signal });
    abort.abort(reason);
    expect(await failure(answer)).toBe(reason);
  });

  it("ends in time when nothing is answered", async () => {
    server.plays("never");
    const hasty = new Worldswitch({ url: server.url, token: "a-token", retries: 0, timeoutMs: 50 });
    const error = await failure(hasty.images.get("tiny"));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: `cannot reach ${server.url}: there was no answer in time` });
  });
});

describe("a failure", () => {
  it("of the service is a typed problem", async () => {
    const errors = [{ path: "/memoryMiB", message: "too small" }];
    const body = {
      type: "/docs/problems#invalid_request",
      title: "t",
      status: 400,
      detail: "The body does not fit",
      code: "invalid_request",
      errors,
    };
    server.plays({
      status: 400,
      headers: { "Content-Type": "application/problem+json", "X-Request-Id": "req-7" },
      body: JSON.stringify(body),
    });
    const error = await failure(client.vms.create({ image: "tiny", memoryMiB: 1 }));
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      name: "ProblemError",
      code: "invalid_request",
      status: 400,
      detail: "The body does not fit",
      errors,
      requestId: "req-7",
      message: "The body does not fit; /memoryMiB: too small",
    });
  });

  it("of something that is no Worldswitch server says so", async () => {
    server.plays({ status: 404, headers: { "Content-Type": "text/html" }, body: "<h1>Not found</h1>" });
    const error = await failure(client.images.get("tiny"));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(String(error)).toMatch(/answered with 404 and says "<h1>Not found<\/h1>": is this a Worldswitch server\?$/);
    server.plays({ status: 200, headers: { "Content-Type": "text/html" }, body: "<h1>Hello</h1>" });
    expect(String(await failure(client.images.get("tiny")))).toMatch(/text\/html that is no JSON: is this a Worldswitch server\?$/);
  });

  it("of an operation carries the operation, with its reason", async () => {
    const operation = { id: "op_1", kind: "vm.create", state: "queued", resources: { vm: "vm_1" }, error: null };
    const error = { code: "image_failed", message: "no mirror answers" };
    const failed = { ...operation, state: "failed", error };
    server.plays(json(202, operation), json(200, { ...operation, state: "running" }), json(200, failed));
    const creating = failure(client.vms.create({ image: "tiny" }));
    expect(await creating).toBeInstanceOf(OperationFailedError);
    expect(await creating).toMatchObject({ code: "image_failed", message: "vm.create failed: no mirror answers", operation: failed });
    expect(server.requests.slice(1).map(({ url }) => url)).toEqual(Array(2).fill("/v1/operations/op_1/wait?timeout=30"));
  });

  it("to find anybody says what to look for", async () => {
    const gone = await ScriptedServer.start();
    const { url } = gone;
    await gone.close();
    const error = await failure(new Worldswitch({ url, retries: 0 }).images.get("tiny"));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: `cannot reach ${url}: nothing listens there; is the server running?` });
  });

  it.each(["localhost:8080", "ftp://localhost", "", "nonsense"])("to be an address is told before anything is asked: %j", (url) => {
    expect(() => new Worldswitch({ url })).toThrow("an http or https URL");
  });
});

it("a list is read page by page, as far as it is wanted", async () => {
  const page = (name: string, nextCursor: string | null) => json(200, { items: [{ ...image, name }], nextCursor, eventSeq: 1 });
  server.plays(page("a", "next"), page("b", "more"));
  const names: string[] = [];
  for await (const { name } of client.images.all()) {
    names.push(name);
    if (names.length === 2) break;
  }
  expect(names).toEqual(["a", "b"]);
  expect(server.requests.map(({ url }) => url)).toEqual(["/v1/images?limit=100", "/v1/images?limit=100&cursor=next"]);
});
