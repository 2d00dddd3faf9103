import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { apiServerUrls, heardOfApiServer } from "../../src/store/api-servers.js";
import { forgetHosts, heartbeat, liveHosts, lostHosts, registerHost, retireHost } from "../../src/store/hosts.js";
import { beat } from "../../src/worker/heartbeat.js";
import { deferred, type StoreInstallation, startStore } from "./worker-installation.js";

let store: StoreInstallation;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.close());
afterEach(async () => {
  vi.useRealTimers();
  await forgetHosts(store.db, new Date(Date.now() + 3600_000));
});

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

function register(id: string) {
  return registerHost(store.db, id, { name: id, streamUrl: "", incarnation: "1", cpus: 1, memoryMiB: 1024 });
}

/** A host that was last heard of `silent` seconds ago, without a gap since it had been up for `up` of them. */
async function host(id: string, { silent, up }: { silent: number; up: number }): Promise<void> {
  await register(id);
  await store.db.host.update({ where: { id }, data: { heartbeatAt: ago(silent), heardSince: ago(up) } });
}

const ids = (hosts: { id: string }[]) => hosts.map(({ id }) => id);
const alive = async () => ids(await liveHosts(store.db));
const lost = async () => ids(await lostHosts(store.db));

it.each([
  ["behind", -300],
  ["ahead", 300],
])("a host whose clock is five minutes %s is as alive as any, and so is an API server", async (_where, seconds) => {
  vi.setSystemTime(ago(-seconds));
  await register("host_a");
  await heartbeat(store.db, "host_a", "1");
  await heardOfApiServer(store.db, "server", "http://127.0.0.1:9");
  vi.useRealTimers();
  expect(await alive()).toEqual(["host_a"]);
  expect(await apiServerUrls(store.db)).toEqual(["http://127.0.0.1:9"]);
  await retireHost(store.db, "host_a", "1");
  expect(await alive()).toEqual([]);
});

it("a host is lost that has been silent for a minute in which another was heard of all the while", async () => {
  await host("host_lost", { silent: 90, up: 3600 });
  await host("host_silent", { silent: 40, up: 3600 });
  await host("host_up", { silent: 1, up: 90 });
  expect(await lost()).toEqual(["host_lost"]);
});

it.each([
  ["nobody else is heard of", { silent: 30, up: 3600 }],
  ["the others have been heard of again for less than a minute", { silent: 1, up: 30 }],
])("no host is lost while %s", async (_while, other) => {
  await host("host_a", { silent: 3600, up: 7200 });
  await host("host_b", other);
  expect(await lost()).toEqual([]);
});

it.each([
  ["goes on after a heartbeat that was a little late", 10, ["host_lost"]],
  ["begins anew after a gap", 30, []],
])("the time in which a host has been heard of %s", async (_how, silent, expected) => {
  await host("host_lost", { silent: 3600, up: 7200 });
  await host("host_a", { silent, up: 600 });
  await heartbeat(store.db, "host_a", "1");
  expect(await alive()).toEqual(["host_a"]);
  expect(await lost()).toEqual(expected);
});

it("heartbeats have stopped when the last one is written", async () => {
  await register("host_a");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const stop = beat(store.db, "host_a", "1", () => {}, store.log);
  const [held, release] = [deferred<void>(), deferred<void>()];
  const order: string[] = [];
  const holding = store.db.$transaction(async (rows) => {
    await rows.$queryRaw`SELECT id FROM host WHERE id = 'host_a' FOR UPDATE`;
    held.resolve();
    await release.promise;
    order.push("released");
  });
  await held.promise;
  vi.advanceTimersByTime(5_000);
  const stopping = stop().then(() => order.push("stopped"));
  // Something that takes its time.
  await alive();
  release.resolve();
  await Promise.all([holding, stopping]);
  expect(order).toEqual(["released", "stopped"]);
});
