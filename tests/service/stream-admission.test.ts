import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminToken, type Installation, startInstallation } from "./http-installation.js";
import { until } from "./served.js";
import { refusedUpgrade, StreamClient } from "./stream-client.js";

let installation: Installation;
const tokens: Record<string, string> = {};
const at = (path: string) => `${installation.url}${path}`;

beforeAll(async () => {
  installation = await startInstallation();
  const { admin, db, addImage } = installation;
  await addImage("tiny");
  await admin.post("/v1/projects", { name: "other" }).expect(201);
  tokens.viewer = (await admin.post("/v1/tokens", { name: "v", role: "viewer" })).body.secret;
  tokens.stranger = (await admin.post("/v1/tokens?project=other", { name: "s", role: "admin" })).body.secret;
  const vm = {
    name: "m",
    imageId: "img_tiny",
    memoryMiB: 64,
    projectId: "proj_default",
    state: "creating",
    desiredState: "running",
  } as const;
  await db.vm.createMany({
    data: [
      { id: "vm_1", ...vm },
      { id: "vm_2", ...vm },
    ],
  });
  const host = {
    projectId: "proj_system",
    name: "h",
    incarnation: "i",
    cpus: 1,
    memoryMiB: 1,
    startedAt: new Date(),
    heartbeatAt: new Date(),
  };
  // Nobody listens there.
  await db.host.create({ data: { id: "host_gone", streamUrl: "http://127.0.0.1:9", ...host } });
  await db.vm.create({ data: { id: "vm_away", hostId: "host_gone", ...vm } });
});
afterAll(() => installation?.close());

describe("a refused upgrade is an HTTP problem", () => {
  const refusals: [
    title: string,
    path: string,
    token: string | undefined,
    subprotocol: string | undefined,
    status: number,
    code: string,
  ][] = [
    ["no token", "/v1/vms/vm_1/console", undefined, "console.v1", 401, "unauthorized"],
    ["a wrong token", "/v1/vms/vm_1/console", "wst_wrong", "console.v1", 401, "unauthorized"],
    ["a machine of another project", "/v1/vms/vm_1/console", "stranger", "console.v1", 404, "not_found"],
    ["an unknown machine", "/v1/vms/vm_nowhere/console", "admin", "console.v1", 404, "not_found"],
    ["an id that cannot be one", "/v1/vms/%00/console", "admin", "console.v1", 404, "not_found"],
    ["a path that is no stream", "/v1/vms/vm_1", "admin", undefined, 404, "route_not_found"],
    ["an unknown subprotocol", "/v1/vms/vm_1/console", "admin", "tty.v9", 400, "unsupported_subprotocol"],
    ["another stream's subprotocol", "/v1/vms/vm_1/stats", "admin", "console.v1", 400, "unsupported_subprotocol"],
    ["a port that is not there", "/v1/vms/vm_1/console?port=2", "admin", "console.v1", 400, "invalid_request"],
    ["an unknown parameter", "/v1/vms/vm_1/console?colour=1", "admin", "console.v1", 400, "invalid_request"],
    ["an interval that is too short", "/v1/vms/vm_1/stats?interval=1", "admin", "stats.v1", 400, "invalid_request"],
    ["a host that does not answer", "/v1/vms/vm_away/console", "admin", "console.v1", 503, "stream_unavailable"],
    ["an unknown ticket", "/v1/vms/vm_1/console?ticket=wsk_x", undefined, "console.v1", 401, "ticket_invalid"],
  ];

  it.each(refusals)("%s", async (_title, path, who, subprotocol, status, code) => {
    const token = who === "admin" ? adminToken : who === undefined ? undefined : (tokens[who] ?? who);
    const refused = await refusedUpgrade(at(path), { token, subprotocol, headers: { "X-Request-Id": "mine" } });
    expect(refused.status).toBe(status);
    expect(refused.body).toMatchObject({ code, status, instance: "urn:request:mine" });
    expect(refused.headers).toMatchObject({ "content-type": "application/problem+json", "x-request-id": "mine" });
  });

  it("also where the handshake itself is wrong", async () => {
    const answer = await raw(
      `GET /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${adminToken}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n`,
    );
    expect(answer).toContain("HTTP/1.1 400 ");
    expect(answer).toContain('"code":"invalid_request"');
  });
});

/** Sends bytes, and answers what comes until the server closes. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(installation.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (data) => {
    text += data.toString();
  });
  socket.write(bytes);
  await once(socket, "end");
  socket.destroy();
  return text;
}

describe("the number of open streams", () => {
  it("has a bound for each project, and closing one makes room", async () => {
    const { settings } = installation.service;
    const before = settings.maxStreams;
    settings.maxStreams = 1;
    const first = await StreamClient.open(at("/v1/events"), { token: adminToken });
    expect((await refusedUpgrade(at("/v1/events"), { token: tokens.viewer })).body.code).toBe("rate_limited");
    (await StreamClient.open(at("/v1/events"), { token: tokens.stranger })).close();
    first.close();
    await first.end();
    await expect
      .poll(
        () =>
          StreamClient.open(at("/v1/events"), { token: adminToken }).then(
            (client) => client.close(),
            () => "refused",
          ),
        { timeout: 60_000 },
      )
      .toBeUndefined();
    settings.maxStreams = before;
  });

  it("counts those that are being opened, and not those that did not come about", async () => {
    const { settings } = installation.service;
    const before = settings.maxStreams;
    settings.maxStreams = 2;
    const worker = createServer();
    const asked = new Set<Duplex>();
    worker.on("upgrade", (_request, socket) => asked.add(socket));
    worker.listen(0, "127.0.0.1");
    await once(worker, "listening");
    const { port } = worker.address() as { port: number };
    await installation.db.host.update({ where: { id: "host_gone" }, data: { streamUrl: `http://127.0.0.1:${port}` } });
    const refusal = () => refusedUpgrade(at("/v1/vms/vm_away/console"), { token: adminToken });
    const opening = [refusal(), refusal()];
    await until(async () => asked.size === 2);
    expect((await refusedUpgrade(at("/v1/events"), { token: adminToken })).body.code).toBe("rate_limited");
    for (const socket of asked) socket.destroy();
    expect((await Promise.all(opening)).map(({ body }) => body.code)).toEqual(["stream_unavailable", "stream_unavailable"]);
    const open = await Promise.all([1, 2].map(() => StreamClient.open(at("/v1/events"), { token: adminToken })));
    for (const stream of open) stream.close();
    settings.maxStreams = before;
    worker.close();
  });
});

describe("an offer to upgrade to something else", () => {
  it("is passed over, and the request served", async () => {
    const answer = await raw(
      "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n" +
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  it("also with a body", async () => {
    const body = JSON.stringify({ name: "h2c", kind: "linux" });
    const answer = await raw(
      `POST /v1/images HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nAuthorization: Bearer ${adminToken}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toContain("HTTP/1.1 201 Created");
  });
});

describe("a ticket", () => {
  async function ticket(path: string, body: object): Promise<string> {
    return (await installation.admin.post(path, body).expect(201)).body.url;
  }
  const console1 = { stream: "console", role: "viewer" };

  it("opens its stream once, without any header", async () => {
    const url = await ticket("/v1/vms/vm_1/tickets", console1);
    (await StreamClient.open(url, { subprotocol: "console.v1" })).close();
    expect((await refusedUpgrade(url, { subprotocol: "console.v1" })).body.code).toBe("ticket_invalid");
  });

  it("is not used up by an upgrade that is refused", async () => {
    const url = await ticket("/v1/vms/vm_1/tickets", console1);
    await refusedUpgrade(url, { subprotocol: "other" });
    (await StreamClient.open(url)).close();
  });

  it("lets one of two at the same moment through", async () => {
    const url = await ticket("/v1/tickets", { stream: "events" });
    const outcomes = await Promise.allSettled([StreamClient.open(url), StreamClient.open(url)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value.close();
  });

  it("opens no other machine, no other stream, and nothing after its time", async () => {
    const url = await ticket("/v1/vms/vm_1/tickets", console1);
    expect((await refusedUpgrade(url.replace("vm_1", "vm_2"))).body.code).toBe("ticket_invalid");
    expect((await refusedUpgrade(url.replace("/console", "/stats"))).body.code).toBe("ticket_invalid");
    await installation.db.ticket.updateMany({ data: { expiresAt: new Date(0) } });
    expect((await refusedUpgrade(url)).body.code).toBe("ticket_invalid");
  });

  it("is not in the logs, and is stored hashed", async () => {
    const url = await ticket("/v1/vms/vm_1/tickets", console1);
    const secret = new URL(url).searchParams.get("ticket") as string;
    expect(JSON.stringify(await installation.db.ticket.findMany())).not.toContain(secret);
    (await StreamClient.open(url)).close();
    expect(JSON.stringify(installation.lines)).not.toContain(secret);
  });
});

describe("what passes between server and worker", () => {
  it("carries the cluster secret, the stream role of the token and the request's id", async () => {
    const worker = createServer();
    const seen = new Promise<{ url?: string; headers: Record<string, unknown> }>((resolve) => {
      worker.on("upgrade", (request, socket) => {
        resolve({ url: request.url, headers: request.headers });
        socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      });
    });
    worker.listen(0, "127.0.0.1");
    await once(worker, "listening");
    const { port } = worker.address() as { port: number };
    await installation.db.host.update({ where: { id: "host_gone" }, data: { streamUrl: `http://127.0.0.1:${port}` } });
    await refusedUpgrade(at("/v1/vms/vm_away/console?from=end&port=1"), { token: tokens.viewer, headers: { "X-Request-Id": "seen" } });
    const { url, headers } = await seen;
    expect(url).toBe("/vms/vm_away/console?port=1&from=end&role=viewer");
    expect(headers).toMatchObject({ authorization: `Bearer ${installation.service.clusterSecret}`, "x-request-id": "seen" });
    worker.close();
  });
});

describe("attempts to open a stream", () => {
  it("count as requests do: for the token, or for the address of whoever has no valid one", async () => {
    const limited = await startInstallation({ requestsPerMinute: 2 });
    try {
      const events = `${limited.url}/v1/events`;
      for (let i = 0; i < 2; i++) expect((await refusedUpgrade(`${events}?ticket=wsk_guess`)).body.code).toBe("ticket_invalid");
      const guessing = await refusedUpgrade(events, { token: "wst_guess" });
      expect(guessing.body).toMatchObject({ status: 429, code: "rate_limited" });
      expect(Number(guessing.headers["retry-after"])).toBeGreaterThan(0);
      for (let i = 0; i < 2; i++) (await StreamClient.open(events, { token: adminToken })).close();
      expect((await refusedUpgrade(events, { token: adminToken })).body.code).toBe("rate_limited");
      await limited.admin.get("/v1/vms").expect(429);
    } finally {
      await limited.close();
    }
  });
});
