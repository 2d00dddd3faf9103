/** Two API servers and two workers, each on a host of its own with a folder of its own: they share a database, and a secret. Each test leaves all four running. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { READY } from "../guests/tiny-guest.js";
import { loopbackHosts, type NetworkHost, namespaceHosts, noNamespaces } from "./network-hosts.js";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.js";
import { type Operation, Served, Spawned, type Vm } from "./served.js";
import { refusedUpgrade, StreamClient } from "./stream-client.js";

const cannot = noNamespaces();
if (cannot !== null) console.warn(`skipped: ${cannot}`);

describe.each([
  { where: "on loopback addresses", network: loopbackHosts, reason: null },
  { where: "in network namespaces", network: namespaceHosts, reason: cannot },
])("$where", ({ network: startNetwork, reason }) => {
  describe.skipIf(reason !== null)("an installation", () => installation(startNetwork));
});

function installation(startNetwork: typeof loopbackHosts): void {
  let folder: string;
  let database: ScratchDatabase;
  let network: Awaited<ReturnType<typeof startNetwork>>;
  let apis: Served[] = [];
  let workers: { env: Record<string, string>; host: NetworkHost; hostId: string; process?: Spawned }[] = [];

  async function startWorker(i: number): Promise<void> {
    const worker = workers[i];
    const process = new Spawned("worker", worker.env, worker.host.launcher);
    worker.process = process;
    worker.hostId = /host=(\S+)/.exec(await process.ready)?.[1] ?? "";
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "worldswitch-hosts-"));
    database = await scratchDatabase();
    network = await startNetwork(4);
    const shared = {
      DATABASE_URL: database.url,
      WORLDSWITCH_CLUSTER_SECRET: "a-cluster-secret-of-several-hosts",
      WORLDSWITCH_ADMIN_TOKEN: "an-admin-token-of-several-hosts-",
    };
    const envOf = (name: string, { address }: NetworkHost) => ({ ...shared, HOST: address, WORLDSWITCH_DATA: join(folder, name) });
    apis = network.hosts.slice(0, 2).map((host, i) => new Served(join(folder, `api-${i}`), "api", envOf(`api-${i}`, host), host.launcher));
    workers = network.hosts.slice(2).map((host, i) => {
      // One listens everywhere and is told where it is; the other says where it listens.
      const everywhere: Record<string, string> = i === 0 ? { HOST: "0.0.0.0", WORLDSWITCH_ADDRESS: host.address } : {};
      return { env: { ...envOf(`worker-${i}`, host), ...everywhere }, host, hostId: "" };
    });
    await Promise.all([...apis.map((api) => api.start()), ...workers.map((_, i) => startWorker(i))]);
    await apis[0].addImage();
  });
  afterAll(async () => {
    await Promise.all([...apis.map((api) => api.kill("SIGTERM")), ...workers.map(({ process }) => process?.kill("SIGTERM"))]);
    await network?.close();
    await database?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const clients: StreamClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    const vms = await apis[0].vms();
    await Promise.all(vms.map(async ({ id }) => apis[0].ended((await apis[0].request("DELETE", `/v1/vms/${id}`)).body as Operation)));
  });

  /** One machine on each worker, in their order; both created at the first API server, which alone has their image's file. */
  async function machines(): Promise<Vm[]> {
    const vms = [await apis[0].running(), await apis[0].running()];
    return workers.map(({ hostId }) => vms.find(({ host }) => host === hostId) as Vm);
  }

  async function watch(api: Served, vm: Vm, query = ""): Promise<StreamClient> {
    const offer = { token: api.token, subprotocol: "console.v1" };
    const client = await StreamClient.open(`${api.url}/v1/vms/${vm.id}/console${query}`, offer);
    clients.push(client);
    return client;
  }

  it("places machines on both workers, and shows each one's console at either API server", async () => {
    for (const vm of await machines()) {
      const [typing, watching] = [await watch(apis[0], vm), await watch(apis[1], vm)];
      await Promise.all([typing, watching].map((client) => client.until(() => client.text === READY)));
      typing.socket.send(Buffer.from("hello"));
      await watching.until(() => watching.text === `${READY}hello`);
      expect(await apis[1].act(vm, "pause")).toMatchObject({ state: "succeeded" });
    }
  });

  it("takes a ticket of one API server at the other, once at either", async () => {
    const [, vm] = await machines();
    const { body } = await apis[0].request("POST", `/v1/vms/${vm.id}/tickets`, { stream: "console", role: "viewer" });
    const { path } = body as { path: string };
    const client = await StreamClient.open(apis[1].url + path, { subprotocol: "console.v1" });
    clients.push(client);
    expect(await client.control("hello")).toMatchObject({ role: "viewer" });
    for (const { url } of apis) {
      expect(await refusedUpgrade(url + path, { subprotocol: "console.v1" })).toMatchObject({
        status: 401,
        body: { code: "ticket_invalid" },
      });
    }
  });

  it("kill -9 of an API server: a viewer goes on at the other where it was, and so do operations", async () => {
    const [vm] = await machines();
    const first = await watch(apis[0], vm);
    await first.until(() => first.text === READY);
    const { body: started } = await apis[0].request("POST", `/v1/vms/${vm.id}/pause`);
    await apis[0].kill("SIGKILL");
    await first.end();
    expect(await apis[1].ended(started as Operation)).toMatchObject({ state: "succeeded" });
    expect(await apis[1].act(vm, "resume")).toMatchObject({ state: "succeeded" });
    const second = await watch(apis[1], vm, `?from=${READY.length}`);
    second.socket.send(Buffer.from("on"));
    await second.until(() => second.text === "on");
    await apis[0].start();
    expect(await apis[0].vm(vm.id)).toMatchObject({ state: "running", generation: 1 });
  });

  it("kill -9 of a worker: the other's machines don't notice, its own come back, and their consoles", async () => {
    const [spared, hit] = await machines();
    const [onSpared, onHit] = [await watch(apis[0], spared), await watch(apis[1], hit)];
    await onHit.until(() => onHit.text === READY);
    const { body } = await apis[0].request("POST", `/v1/vms/${hit.id}/reset`);
    await workers[1].process?.kill("SIGKILL");
    expect(await onHit.end()).toMatchObject({ code: 1012 });
    expect(await refusedUpgrade(`${apis[0].url}/v1/vms/${hit.id}/console`, { token: apis[0].token })).toMatchObject({ status: 503 });
    onSpared.socket.send(Buffer.from("hello"));
    await onSpared.until(() => onSpared.text.endsWith("hello"));

    await startWorker(1);
    const { state, error } = await apis[1].ended(body as Operation);
    // It was under way, or came to a machine that had yet to come back.
    if (state === "failed") expect(["worker_lost", "vm_state_conflict"]).toContain(error?.code);
    expect(await apis[0].inState(hit.id, "running")).toMatchObject({ generation: 2, stateReason: "worker_lost" });
    expect(await apis[0].vm(spared.id)).toMatchObject({ generation: 1 });
    const again = await watch(apis[0], hit, `?from=${onHit.length}`);
    await again.until(() => again.text.endsWith(READY));
  });
}
