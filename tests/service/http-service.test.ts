import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpoints } from "../../src/contract/endpoints/all.js";
import { EmbeddedPostgres } from "../../src/store/postgres/embedded.js";
import { type Installation, startInstallation } from "./http-installation.js";
import { refusedUpgrade } from "./stream-client.js";

const metricsToken = "a-metrics-token-of-a-test-installation";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ corsOrigins: ["https://lab.example"], publicUrl: "https://vm.example/base", metricsToken });
  await installation.addImage("tiny");
});
afterAll(() => installation?.close());

describe("what needs no token", () => {
  it.each([
    ["/healthz", "application/json"],
    ["/readyz", "application/json"],
    ["/openapi.json", "application/json"],
    ["/docs", "text/html"],
    ["/docs/problems", "text/html"],
    ["/", "text/html"],
  ])("%s", async (path, type) => {
    const answer = await installation.anonymous.get(path).expect(200);
    expect(answer.headers["content-type"]).toContain(type);
    expect(answer.headers["x-request-id"]).toBeTruthy();
  });

  it("/openapi.json is the contract", async () => {
    const { body } = await installation.anonymous.get("/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    expect(body.paths["/v1/vms/{id}/start"].post.operationId).toBe("startVm");
  });

  it("and every route that is served is in it, and the other way around", () => {
    const layers = installation.server.app.router.stack as unknown as { route?: { path: string; methods: Record<string, boolean> } }[];
    const served = layers.flatMap(({ route }) => {
      if (route === undefined) return [];
      const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
      return Object.keys(route.methods).map((method) => `${method} ${path}`);
    });
    const pages = ["get /docs", "get /docs/problems", "get /"];
    const amongOurselves = ["get /internal/files/{sha256}"];
    // Under one path there may be several: /metrics has two ways in.
    const known = new Set(served.filter((route) => ![...pages, ...amongOurselves].includes(route)));
    expect([...known].sort()).toEqual(endpoints.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it("/docs loads nothing from elsewhere, and only what its policy allows", async () => {
    const page = await installation.anonymous.get("/docs").expect(200);
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).not.toMatch(/^(https?:)?\/\//);
      await installation.anonymous.get(new URL(link, `${installation.url}/docs`).pathname).expect(200);
    }
    expect(page.text).not.toMatch(/<script(?![^>]*src=)/);
    expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
    const start = await installation.anonymous.get("/docs/swagger-ui-init.js").expect(200);
    expect(start.text).toContain('"url": "openapi.json"');
  });
});

describe("without its database", () => {
  it("the server answers, says that it is not ready, and serves again when the database is back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "worldswitch-test-"));
    let postgres = await EmbeddedPostgres.start({ dataFolder: folder });
    const own = await startInstallation({}, { url: postgres.url, folder, close: () => postgres.close() });
    await postgres.close();
    for (const path of ["/readyz", "/v1/vms"]) {
      const answer = await own.admin.get(path);
      expect([answer.status, answer.body.code], path).toEqual([503, "service_unavailable"]);
    }
    await own.anonymous.get("/healthz").expect(200);
    postgres = await EmbeddedPostgres.start({ dataFolder: folder });
    await expect.poll(async () => (await own.admin.get("/v1/vms")).status, { timeout: 60_000 }).toBe(200);
    await own.close();
    await rm(folder, { recursive: true });
  });
});

describe("/metrics", () => {
  it("counts requests by route, and machines by state", async () => {
    await installation.admin.post("/v1/vms", { image: "tiny" }).expect(202);
    await installation.admin.get("/v1/vms/vm_nowhere").expect(404);
    const { text, headers } = await installation.admin.get("/metrics").expect(200);
    expect(headers["content-type"]).toContain("text/plain");
    expect(text).toContain('worldswitch_vms{state="creating"} 1');
    expect(text).toContain('worldswitch_operations{state="queued"} 1');
    expect(text).toMatch(/worldswitch_http_request_duration_seconds_count\{method="GET",route="\/v1\/vms\/:id",status="404"\} 1/);
    expect(text).not.toContain("vm_nowhere");
  });

  it("is for the installation's administrator, or for a token that opens nothing else", async () => {
    const viewer = (await installation.admin.post("/v1/tokens", { name: "v", role: "viewer" }).expect(201)).body.secret;
    await installation.as(viewer).get("/metrics").expect(403);
    expect((await installation.as(metricsToken).get("/metrics").expect(200)).text).toContain("worldswitch_vms");
    await installation.as(metricsToken).get("/v1/vms").expect(401);
    await installation.as(metricsToken).delete("/metrics").expect(405);
    await installation.as(`${metricsToken}.`).get("/metrics").expect(401);
  });
});

describe("X-Request-Id", () => {
  it("is the caller's where it is usable, else a new one", async () => {
    const given = await installation.anonymous.get("/healthz").set("X-Request-Id", "a.b-c_1");
    expect(given.headers["x-request-id"]).toBe("a.b-c_1");
    const unusable = await installation.anonymous.get("/healthz").set("X-Request-Id", "no spaces, please");
    expect(unusable.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is in the problem and in the log", async () => {
    const { body } = await installation.anonymous.get("/v1/vms").set("X-Request-Id", "find-me");
    expect(body.instance).toBe("urn:request:find-me");
    expect(installation.lines).toContainEqual(expect.objectContaining({ requestId: "find-me" }));
  });
});

describe("other origins", () => {
  it("may call where they are allowed", async () => {
    const preflight = await installation.agent
      .options("/v1/vms")
      .set({ Origin: "https://lab.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" })
      .expect(204);
    expect(preflight.headers["access-control-allow-origin"]).toBe("https://lab.example");
    expect(preflight.headers["access-control-allow-headers"]).toContain("Authorization");
    const answer = await installation.admin.get("/v1/vms").set("Origin", "https://lab.example").expect(200);
    expect(answer.headers["access-control-allow-origin"]).toBe("https://lab.example");
    const refused = await installation.anonymous.get("/v1/vms").set("Origin", "https://lab.example");
    expect(refused.headers["access-control-allow-origin"]).toBe("https://lab.example");
  });

  it("may not where they are not", async () => {
    const answer = await installation.admin.get("/v1/vms").set("Origin", "https://evil.example").expect(200);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

it("absolute URLs begin with the public URL", async () => {
  const { body } = await installation.admin.post("/v1/tickets", { stream: "events" }).expect(201);
  expect(body.url).toBe(`wss://vm.example/base${body.path}`);
});

describe("rate limits", () => {
  it("are told in every answer, and hold for one token", async () => {
    const limited = await startInstallation({ requestsPerMinute: 5 });
    try {
      const first = await limited.admin.get("/v1/vms").expect(200);
      expect(first.headers).toMatchObject({ "ratelimit-limit": "5", "ratelimit-remaining": "4" });
      for (let i = 0; i < 4; i++) await limited.admin.get("/v1/vms").expect(200);
      const refused = await limited.admin.get("/v1/vms").expect(429);
      expect(refused.body.code).toBe("rate_limited");
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
      const stranger = await limited.anonymous.get("/v1/vms").expect(401);
      expect(stranger.headers).toMatchObject({ "ratelimit-policy": "5;w=60", "ratelimit-remaining": "4" });
      await limited.anonymous.get("/healthz").expect(200);
    } finally {
      await limited.close();
    }
  });

  it("count for the address that a trusted proxy names, and for nobody's invention", async () => {
    const behind = await startInstallation({ requestsPerMinute: 2, trustedProxies: ["127.0.0.1", "10.0.0.0/8"] });
    const left = async (forwardedFor: string) => {
      const { headers } = await behind.anonymous.get("/v1/vms").set("X-Forwarded-For", forwardedFor);
      return Number(headers["ratelimit-remaining"]);
    };
    try {
      expect(await left("203.0.113.1")).toBe(1);
      expect(await left("203.0.113.2")).toBe(1);
      // As the proxies pass it on where a client had written the rest itself.
      expect(await left("198.51.100.9, 203.0.113.1, 10.1.2.3")).toBe(0);
      expect((await behind.anonymous.get("/v1/vms").set("X-Forwarded-For", "8.8.8.8, 203.0.113.1")).status).toBe(429);
      const guess = { headers: { "X-Forwarded-For": "203.0.113.1" } };
      expect((await refusedUpgrade(`${behind.url}/v1/events?ticket=wsk_guess`, guess)).body.code).toBe("rate_limited");
    } finally {
      await behind.close();
    }
  });

  it("believe nobody who is no trusted proxy", async () => {
    const direct = await startInstallation({ requestsPerMinute: 2 });
    try {
      for (let i = 0; i < 2; i++) await direct.anonymous.get("/v1/vms").set("X-Forwarded-For", `203.0.113.${i}`).expect(401);
      await direct.anonymous.get("/v1/vms").set("X-Forwarded-For", "203.0.113.9").expect(429);
    } finally {
      await direct.close();
    }
  });
});

it("HEAD answers what GET does, without a body", async () => {
  const answer = await installation.agent.head("/healthz").expect(200);
  expect(answer.text).toBeFalsy();
});
