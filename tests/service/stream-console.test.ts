import { join } from "node:path";
import request from "supertest";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BlobStore } from "../../src/images/blobs.js";
import { type ApiServer, createApiServer } from "../../src/server/server.js";
import { defaultSettings } from "../../src/server/settings.js";
import { createToken, setAdminToken } from "../../src/store/tokens.js";
import { refusedUpgrade, StreamClient } from "./stream-client.js";
import { clusterSecret, startInstallation, type WorkerInstallation } from "./worker-installation.js";

const adminToken = "an-admin-token-of-a-test-installation";
let installation: WorkerInstallation;
let server: ApiServer;
let url: string;
let viewerToken: string;

beforeAll(async () => {
  installation = await startInstallation();
  const { db, feed, queue, folder, log } = installation;
  await setAdminToken(db, adminToken);
  viewerToken = (await createToken(db, { projectId: "proj_default", name: "viewer", role: "viewer", expiresAt: null })).secret;
  const settings = { ...defaultSettings, port: 0 };
  server = await createApiServer({ db, feed, queue, blobs: new BlobStore(join(folder, "blobs")), clusterSecret, settings, log });
  url = await server.listen();
});
afterAll(async () => {
  await server?.close();
  await installation?.close();
});

const clients: StreamClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function open(vmId: string, query = "", offer: { subprotocol?: string; token?: string } = {}): Promise<StreamClient> {
  const client = await StreamClient.open(`${url}/v1/vms/${vmId}/console${query}`, {
    token: adminToken,
    subprotocol: "console.v1",
    ...offer,
  });
  clients.push(client);
  return client;
}

const bare = { subprotocol: undefined };
const admin = (method: "get" | "post" | "delete", path: string) => request(url)[method](path).set("Authorization", `Bearer ${adminToken}`);

describe("console.v1", () => {
  it("greets, replays what is kept, and carries keys", async () => {
    const { vm } = await installation.created("greets=hello echoes");
    const client = await open(vm.id);
    expect(await client.control("hello")).toEqual({ type: "hello", seq: 0, mayWrite: true, role: "writer", writer: true, viewers: 1 });
    await client.until(() => client.text === "hello");
    client.socket.send(Buffer.from("keys"));
    await client.until(() => client.text === "hellokeys");
  });

  it("begins where it is asked to", async () => {
    const { vm } = await installation.created("greets=0123456789");
    const whole = await open(vm.id);
    await whole.until(() => whole.text.length === 10);
    const part = await open(vm.id, "?from=7");
    expect(await part.control("hello")).toMatchObject({ seq: 7 });
    await part.until(() => part.text === "789");
    expect(await (await open(vm.id, "?from=end")).control("hello")).toMatchObject({ seq: 10 });
    const log = await admin("get", `/v1/vms/${vm.id}/console/log?from=4`).expect(200);
    expect(log.headers["console-offset"]).toBe("4");
    expect(log.body.toString()).toBe("456789");
  });

  it("has any number of viewers, one writer, and a take-over that is told to all", async () => {
    const { vm } = await installation.created("echoes");
    const first = await open(vm.id);
    await first.control("hello", { role: "writer" });
    const second = await open(vm.id);
    await second.control("hello", { role: "viewer", viewers: 2 });
    await first.control("role", { viewers: 2 });
    second.socket.send(Buffer.from("lost"));
    second.socket.send(JSON.stringify({ type: "take_over" }));
    await second.control("role", { role: "writer" });
    await first.control("role", { role: "viewer" });
    second.socket.send(Buffer.from("kept"));
    await first.until(() => first.text === "kept");
  });

  it("does not let a viewer's token write", async () => {
    const { vm } = await installation.created("echoes");
    const viewer = await open(vm.id, "", { token: viewerToken });
    await viewer.control("hello", { role: "viewer", mayWrite: false, writer: false });
    viewer.socket.send(JSON.stringify({ type: "take_over" }));
    viewer.socket.send(Buffer.from("no"));
    const writer = await open(vm.id);
    await writer.control("hello", { role: "writer" });
    writer.socket.send(Buffer.from("yes"));
    await viewer.until(() => viewer.text === "yes");
  });

  it("loses nothing of a long paste, though the guest is slow", async () => {
    const { vm } = await installation.created("slow-reader echoes");
    const client = await open(vm.id);
    const paste = Buffer.from(Array.from({ length: 3 * 65536 }, (_, i) => 32 + (i % 95)));
    for (let at = 0; at < paste.length; at += 65536) client.socket.send(paste.subarray(at, at + 65536));
    // The guest takes what it has whenever it is asked for statistics.
    while (client.text.length < paste.length) await admin("get", `/v1/vms/${vm.id}/stats`).expect(200);
    expect(client.text).toBe(paste.toString("latin1"));
  });

  it("skips a slow viewer forward, and says so, and lets another reach the end meanwhile", async () => {
    const bytes = 48 * 1024 * 1024;
    const { vm, operation } = await installation.create(`floods=${bytes}`, {});
    const slow = await open(vm.id);
    const quick = await open(vm.id);
    slow.socket.pause();
    await installation.queue.submit(null, operation.id);
    await quick.control("hello");
    await quick.until(() => position(quick) === bytes);
    slow.socket.resume();
    await slow.until(() => position(slow) === bytes);
    expect(slow.controls.filter(({ type }) => type === "skip").length).toBeGreaterThan(0);
  });

  it("answers rubbish by closing that connection only", async () => {
    const { vm } = await installation.created("echoes");
    const good = await open(vm.id);
    for (const [rubbish, code] of [
      ["not JSON", 1008],
      ['{"type":"dance"}', 1008],
      ["null", 1008],
      [Buffer.alloc(65537), 1009],
    ] as const) {
      const client = await open(vm.id);
      client.socket.send(rubbish);
      expect((await client.end()).code).toBe(code);
    }
    good.socket.send(Buffer.from("still here"));
    await good.until(() => good.text === "still here");
  });
});

/** Offset behind what a client has been sent, by its frames. */
function position(client: StreamClient): number {
  const hello = client.controls.find(({ type }) => type === "hello");
  const skipped = client.controls.filter(({ type }) => type === "skip").map(({ from, to }) => Number(to) - Number(from));
  return Number(hello?.seq ?? 0) + skipped.reduce((sum, each) => sum + each, 0) + client.length;
}

describe("a bare terminal", () => {
  it("has no control frames, and takes text for keys", async () => {
    const { vm } = await installation.created("greets=login: echoes");
    const client = await open(vm.id, "", bare);
    await client.until(() => client.text === "login:");
    client.socket.send("ro");
    client.socket.send(Buffer.from("ot"));
    await client.until(() => client.text === "login:root");
    expect(client.controls).toEqual([]);
  });

  it("appends a newline to each frame where that is asked for", async () => {
    const { vm } = await installation.created("echoes");
    const client = await open(vm.id, "?eol=1", bare);
    client.socket.send("ls");
    client.socket.send("id");
    await client.until(() => client.text === "ls\nid\n");
  });
});

describe("the life of a console", () => {
  it("begins with the 202, before the machine has a host, and keeps what is typed", async () => {
    const { vm, operation } = await installation.create("greets=up: echoes");
    const client = await open(vm.id);
    client.socket.send(Buffer.from("early"));
    await installation.queue.submit(null, operation.id);
    await client.control("hello", { role: "writer" });
    await client.until(() => client.text.includes("up:") && client.text.includes("early"));
  });

  it("goes on across stop and start, and ends with the machine's deletion", async () => {
    const { vm } = await installation.created("greets=boot");
    const client = await open(vm.id);
    await client.until(() => client.text === "boot");
    await installation.run(vm.id, "stop");
    await client.control("exit", { reason: "stopped" });
    await installation.run(vm.id, "start");
    await client.until(() => client.text === "bootboot");
    await installation.run(vm.id, "delete");
    await client.end();
    expect(client.closed?.code).toBe(1000);
    expect(client.controls.at(-1)).toEqual({ type: "exit", reason: "deleted" });
  });

  it("ends with exit also where the machine never had a host", async () => {
    const { vm } = await installation.create();
    const client = await open(vm.id);
    await admin("delete", `/v1/vms/${vm.id}`).expect(202);
    expect((await client.end()).code).toBe(1000);
    expect(client.controls.at(-1)).toEqual({ type: "exit", reason: "deleted" });
  });
});

describe("statistics", () => {
  it("come as one sample, and as a stream until the machine is gone", async () => {
    const { vm } = await installation.created();
    const one = await admin("get", `/v1/vms/${vm.id}/stats`).expect(200);
    expect(one.body).toMatchObject({ state: "running", generation: 1, stats: { guestTimeMs: 1 } });
    const client = await StreamClient.open(`${url}/v1/vms/${vm.id}/stats?interval=100`, { token: adminToken, subprotocol: "stats.v1" });
    await client.until(() => client.controls.length >= 2);
    expect(client.controls[1]).toMatchObject({ state: "running", stats: { guestTimeMs: 1 } });
    await installation.run(vm.id, "stop");
    await client.until(() => client.controls.some(({ state, stats }) => state === "stopped" && stats === null));
    await installation.run(vm.id, "delete");
    expect((await client.end()).code).toBe(1000);
  });

  it("are empty for a machine without a host", async () => {
    const { vm } = await installation.create();
    const { body } = await admin("get", `/v1/vms/${vm.id}/stats`).expect(200);
    expect(body).toMatchObject({ state: "creating", stats: null });
  });
});

describe("when the machine's host is away", () => {
  it("a new stream is a problem, and an open one is closed", async () => {
    const { vm } = await installation.created();
    const client = await open(vm.id);
    await client.control("hello");
    await installation.worker.close(0);
    expect((await client.end()).code).toBe(1012);
    const refused = await refusedUpgrade(`${url}/v1/vms/${vm.id}/console`, { token: adminToken });
    expect(refused).toMatchObject({ status: 503, body: { code: "stream_unavailable" } });
    await admin("get", `/v1/vms/${vm.id}/stats`).expect(503);
    await installation.startAgain();
    await (await open(vm.id)).control("hello");
  });
});
