/** No stream outlives the token that it was opened by. */
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { type Installation, startInstallation } from "./http-installation.js";
import { SseClient } from "./sse-client.js";
import { refusedUpgrade, StreamClient } from "./stream-client.js";

const ended = { code: 4401, reason: "unauthorized" };

let installation: Installation;
let worker: WebSocketServer;
beforeAll(async () => {
  installation = await startInstallation({ tokenCheckMs: 20 });
  const { db, addImage } = installation;
  await addImage("tiny");
  worker = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(worker, "listening");
  const { port } = worker.address() as { port: number };
  const now = new Date();
  const host = {
    id: "host_1",
    projectId: "proj_system",
    name: "h",
    incarnation: "i",
    cpus: 1,
    memoryMiB: 1,
    startedAt: now,
    heartbeatAt: now,
  };
  await db.host.create({ data: { ...host, streamUrl: `http://127.0.0.1:${port}` } });
  const vm = {
    name: "m",
    imageId: "img_tiny",
    memoryMiB: 64,
    projectId: "proj_default",
    state: "creating",
    desiredState: "running",
  } as const;
  await db.vm.create({ data: { id: "vm_placed", hostId: "host_1", ...vm } });
  await db.vm.create({ data: { id: "vm_unplaced", ...vm } });
});
afterAll(async () => {
  worker?.close();
  await installation?.close();
});

let token: { id: string; secret: string };
beforeEach(async () => {
  token = (await installation.admin.post("/v1/tokens", { name: "brief", role: "operator" }).expect(201)).body;
});

const at = (path: string) => `${installation.url}${path}`;
const open = (path: string) => StreamClient.open(at(path), { token: token.secret });
const revoke = () => installation.admin.delete(`/v1/tokens/${token.id}`).expect(204);
const ticket = async (path: string, body: object): Promise<string> =>
  (await installation.as(token.secret).post(path, body).expect(201)).body.url;

describe("a stream ends with its token", () => {
  it.each(["/v1/events", "/v1/vms/vm_unplaced/console", "/v1/vms/vm_placed/stats"])("%s, where that is revoked", async (path) => {
    const [client, other] = [await open(path), await StreamClient.open(at("/v1/events"), { token: await another() })];
    await revoke();
    expect(await client.end()).toEqual(ended);
    expect((await refusedUpgrade(at(path), { token: token.secret })).body.code).toBe("unauthorized");
    await installation.tell("vm_other");
    await other.until(() => other.controls.some(({ subject }) => subject === "vm_other"));
    other.close();
  });

  it("where that expires", async () => {
    const client = await open("/v1/events");
    await installation.db.token.update({ where: { id: token.id }, data: { expiresAt: new Date(0) } });
    expect(await client.end()).toEqual(ended);
  });

  it("where it was opened by a ticket that the token had asked for", async () => {
    const client = await StreamClient.open(await ticket("/v1/vms/vm_placed/tickets", { stream: "console", role: "writer" }));
    const unused = await ticket("/v1/tickets", { stream: "events" });
    await revoke();
    expect(await client.end()).toEqual(ended);
    expect((await refusedUpgrade(unused)).body.code).toBe("ticket_invalid");
  });

  it("by server-sent events", async () => {
    const client = await SseClient.open(at("/v1/events"), { Authorization: `Bearer ${token.secret}` });
    const over = once(client.response, "end");
    await revoke();
    await over;
  });
});

it("a writer that does not answer when it is told to go is parted from its machine all the same", async () => {
  const connected = once(worker, "connection") as Promise<[WebSocket]>;
  const client = await open("/v1/vms/vm_placed/console");
  const [machine] = await connected;
  client.socket.send("keys");
  expect(String(await once(machine, "message").then(([data]) => data))).toBe("keys");
  client.socket.pause();
  const parted = once(machine, "close");
  await revoke();
  await parted;
  client.socket.terminate();
});

/** The secret of a token that stays. */
async function another(): Promise<string> {
  return (await installation.admin.post("/v1/tokens", { name: "stays", role: "viewer" }).expect(201)).body.secret;
}
