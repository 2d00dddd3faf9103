/** Deliveries as rows: what is claimed, and what becomes of it by how each attempt ended. Nobody posts anything here. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { commit } from "../../src/store/outbox.js";
import { type Claim, claimDeliveries, settleDelivery, webhooksWithWork } from "../../src/store/webhook-work.js";
import { createWebhook } from "../../src/store/webhooks.js";
import { type StoreInstallation, startStore } from "./worker-installation.js";

const refused = { status: 503, error: "it answered 503" };
const taken = { status: 204, error: null };

let store: StoreInstallation;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.close());

let webhookId: string;
beforeEach(async () => {
  await store.db.webhook.deleteMany();
  const webhook = await createWebhook(store.db, "proj_default", { url: "http://a/", types: ["vm.updated"], labels: {}, active: true });
  webhookId = webhook?.id ?? "";
  await commit(store.db, async (tx) => tx.record({ projectId: "proj_default", type: "vm.updated", subject: "vm_1", data: {} }));
});

async function claim(): Promise<Claim> {
  const { claims } = await claimDeliveries(store.db, webhookId);
  expect(claims).toHaveLength(1);
  return claims[0];
}

const row = () => store.db.webhookDelivery.findFirstOrThrow({ where: { webhookId } });
const change = (data: { nextAttemptAt: Date } | { claimedUntil: Date }) =>
  store.db.webhookDelivery.updateMany({ where: { webhookId }, data });

it("is tried again later where an attempt failed", async () => {
  const first = await claim();
  await settleDelivery(store.db, first, refused);
  expect(await row()).toMatchObject({ state: "pending", attempts: 1, claimedUntil: null, lastStatus: 503, lastError: "it answered 503" });
  await change({ nextAttemptAt: new Date("2100-01-01") });
  expect(await webhooksWithWork(store.db)).toEqual([]);
  expect((await claimDeliveries(store.db, webhookId)).claims).toEqual([]);
  await change({ nextAttemptAt: new Date(0) });
  expect(await webhooksWithWork(store.db)).toEqual([webhookId]);
  const second = await claim();
  expect(second).toMatchObject({ id: first.id, attempt: 2, event: { id: first.event.id } });
  await settleDelivery(store.db, second, taken);
  expect(await row()).toMatchObject({ state: "succeeded", nextAttemptAt: null, lastStatus: 204, lastError: null });
});

it("is given up after nine attempts, each after a longer pause", async () => {
  const pauses: number[] = [];
  for (let attempt = 1; attempt < 9; attempt++) {
    await settleDelivery(store.db, await claim(), refused);
    const { nextAttemptAt, lastAttemptAt } = await row();
    pauses.push(Number(nextAttemptAt) - Number(lastAttemptAt));
    await change({ nextAttemptAt: new Date(0) });
  }
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses[0]).toBeGreaterThan(0);
  await settleDelivery(store.db, await claim(), refused);
  expect(await row()).toMatchObject({ state: "failed", attempts: 9, nextAttemptAt: null });
});

it("is another's where its holder died, whose late word counts nothing", async () => {
  const lost = await claim();
  expect((await claimDeliveries(store.db, webhookId)).claims).toEqual([]);
  await change({ claimedUntil: new Date(0) });
  const again = await claim();
  expect(again).toMatchObject({ id: lost.id, attempt: 2 });
  await settleDelivery(store.db, lost, refused);
  expect(await row()).toMatchObject({ state: "pending", attempts: 2, lastStatus: null });
  await settleDelivery(store.db, again, taken);
  expect(await row()).toMatchObject({ state: "succeeded", lastStatus: 204 });
});
