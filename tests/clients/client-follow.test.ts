/** Statistics and events as iterators, across cuts. */
import type { Event, VmStats } from "@worldswitch/client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Installation, startInstallation } from "./installation.js";

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.close());

it("events come once and in order, whatever happens to the connection", async () => {
  const client = installation.client();
  const { eventSeq } = await client.vms.page();
  const vm = await client.vms.create({ image: "tiny", name: "v0", start: false });
  const seen: Event[] = [];
  const names: unknown[] = [];
  await vm.update({ name: "v1" });
  for await (const event of client.events({ from: eventSeq })) {
    seen.push(event);
    if (typeof event.data.name !== "string" || event.type !== "vm.updated") continue;
    names.push(event.data.name);
    if (names.length === 4) break;
    installation.proxy.cut();
    await vm.update({ name: `v${names.length + 1}` });
  }
  expect(names).toEqual(["v1", "v2", "v3", "v4"]);
  const seqs = seen.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(seen[0]).toMatchObject({ type: "vm.created" });
});

it("whoever follows events is told when their stream breaks, and when it is open again", async () => {
  const client = installation.client();
  const { eventSeq } = await client.vms.page();
  const told: string[] = [];
  const onOpened = () => {
    told.push("opened");
    if (told.length === 1) installation.proxy.cut();
    else void client.vms.create({ image: "tiny", start: false });
  };
  for await (const { type } of client.events({ from: eventSeq, onOpened, onLost: () => told.push("lost") }))
    if (type === "vm.created") break;
  expect(told).toEqual(["opened", "lost", "opened"]);
});

it("events begin now, unless something else is said", async () => {
  const client = installation.client();
  const events = client.events();
  const first = events.next();
  // Whenever it has begun, it has begun before one of these.
  let came = false;
  void first.then(() => {
    came = true;
  });
  const vm = await client.vms.create({ image: "tiny", start: false });
  for (let i = 0; !came; i++) await vm.update({ labels: { turn: String(i) } });
  const { value } = await first;
  expect(value).toMatchObject({ projectId: "proj_default" });
  await events.return();
});

it("events from a time that the service has not had begin with a gap, and go on", async () => {
  const client = installation.client();
  const { eventSeq } = await client.vms.page();
  const events = client.events({ from: eventSeq + 1_000_000 });
  const { value: gap } = await events.next();
  expect(gap).toMatchObject({ type: "gap", data: { from: eventSeq + 1_000_000 } });
  const vm = await client.vms.create({ image: "tiny", start: false });
  for await (const { type, subject } of events) if (type === "vm.created" && subject === vm.id) break;
});

it("statistics come again and again, until the machine is deleted", async () => {
  const vm = await installation.tiny();
  const samples: VmStats[] = [];
  for await (const sample of vm.stats({ intervalMs: 100 })) {
    samples.push(sample);
    if (samples.length === 2) installation.proxy.cut();
    if (samples.length === 4) await vm.delete({ wait: false });
  }
  expect(samples.length).toBeGreaterThanOrEqual(4);
  expect(samples[0]).toMatchObject({ state: "running", generation: 1 });
  expect(samples.at(1)?.stats?.cpu.instructions).toBeGreaterThan(0);
});

it("an iterator ends with the reason of its signal", async () => {
  const vm = await installation.tiny();
  const abort = new AbortController();
  const reason = new Error("seen enough");
  const following = (async () => {
    for await (const _ of vm.stats({ intervalMs: 100, signal: abort.signal })) abort.abort(reason);
  })();
  await expect(following).rejects.toBe(reason);
});

it("what cannot be opened is a typed problem", async () => {
  const stranger = installation.client({ token: "not-a-token" });
  await expect(stranger.events().next()).rejects.toMatchObject({ code: "unauthorized" });
  const vm = await installation.tiny();
  await vm.delete();
  await expect(vm.stats().next()).rejects.toMatchObject({ code: "not_found" });
});
