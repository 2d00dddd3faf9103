/**
 * What there is to post to webhooks: events become deliveries, and deliveries are claimed for an attempt, by any number of API servers at once.
 *
 * A webhook's row is the lock: whoever holds it turns the project's newer events into deliveries (`position` says up to where that has been done), and
 * claims some of those that are due. A claim is a lease: if its holder dies, it ends by itself and another server tries again, so an event is posted at least
 * once. Times are the database's, so that the clocks of servers don't matter.
 */
import type { Database } from "./database.js";
import type { Event, Prisma, Webhook } from "./generated/client.js";
import { newId } from "./ids.js";
import { commit, type Transaction } from "./outbox.js";

/** Attempts of one webhook that are under way at once, in the whole installation. */
const mostAtOnce = 4;

/** Longer than an attempt can take: src/server/webhooks/attempt.ts. */
const leaseMs = 20_000;

/** Deliveries of one webhook that may be pending. With more, events wait in the outbox: a target that takes nothing fills no table. */
const mostPending = 1000;
const pageSize = 200;

/** Pauses after each failed attempt, in milliseconds: about eight hours in all. */
const pausesMs = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000];

/** A webhook at which nothing has succeeded for this long is deactivated when a delivery has been given up, in milliseconds. */
const deadMs = 3 * 24 * 3600_000;

/** One attempt to be made. */
export interface Claim {
  id: string;
  webhookId: string;
  attempt: number;
  url: string;
  secret: string;
  event: Event;
}

/** How an attempt ended: `error` says in words what was wrong with it, null that nothing was. */
export interface AttemptResult {
  /** HTTP status; null: there was no answer. */
  status: number | null;
  error: string | null;
}

/** Active webhooks for which there are newer events, or deliveries that are due. */
export async function webhooksWithWork(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM webhook w WHERE active AND (
      EXISTS (SELECT 1 FROM event e WHERE e.project_id = w.project_id AND e.seq > w.position)
      OR EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_attempt_at <= now()
                 AND (d.claimed_until IS NULL OR d.claimed_until <= now())))`;
  return rows.map(({ id }) => id);
}

/** Claims what may be attempted now. `more`: there are events that have not been looked at. Nothing where another server has the webhook in hand. */
export function claimDeliveries(db: Database, webhookId: string): Promise<{ claims: Claim[]; more: boolean }> {
  return commit(db, async ({ rows }) => {
    const [held] = await rows.$queryRaw<{ now: Date }[]>`
      SELECT now() AS now FROM webhook WHERE id = ${webhookId} AND active FOR NO KEY UPDATE SKIP LOCKED`;
    if (held === undefined) return { claims: [], more: false };
    const webhook = await rows.webhook.findUniqueOrThrow({ where: { id: webhookId } });
    const more = await planDeliveries(rows, webhook, held.now);
    return { claims: await claimDue(rows, webhook, held.now), more };
  });
}

/** Makes deliveries of newer events, in their order. True: there may be more of them. */
async function planDeliveries(rows: Prisma.TransactionClient, webhook: Webhook, now: Date): Promise<boolean> {
  const { id: webhookId, projectId, types, position } = webhook;
  const room = mostPending - (await rows.webhookDelivery.count({ where: { webhookId, state: "pending" } }));
  if (room <= 0) return false;
  const take = Math.min(room, pageSize);
  const events = await rows.event.findMany({
    where: { projectId, seq: { gt: position } },
    orderBy: { seq: "asc" },
    take,
    select: { seq: true, type: true },
  });
  const last = events.at(-1);
  if (last === undefined) return false;
  const wanted = events.filter(({ type }) => types.length === 0 || types.includes(type));
  await rows.webhookDelivery.createMany({
    data: wanted.map(({ seq }) => ({ id: newId("delivery"), projectId, webhookId, eventSeq: seq, createdAt: now, nextAttemptAt: now })),
  });
  await rows.webhook.update({ where: { id: webhookId }, data: { position: last.seq } });
  return events.length === take;
}

async function claimDue(rows: Prisma.TransactionClient, { id: webhookId, url, secret }: Webhook, now: Date): Promise<Claim[]> {
  const underWay = await rows.webhookDelivery.count({ where: { webhookId, state: "pending", claimedUntil: { gt: now } } });
  const due = await rows.webhookDelivery.findMany({
    where: {
      webhookId,
      state: "pending",
      nextAttemptAt: { lte: now },
      OR: [{ claimedUntil: null }, { claimedUntil: { lte: now } }],
    },
    orderBy: { eventSeq: "asc" },
    take: Math.max(0, mostAtOnce - underWay),
    include: { event: true },
  });
  await rows.webhookDelivery.updateMany({
    where: { id: { in: due.map(({ id }) => id) } },
    data: { claimedUntil: new Date(now.getTime() + leaseMs), lastAttemptAt: now, attempts: { increment: 1 } },
  });
  return due.map(({ id, attempts, event }) => ({ id, webhookId, attempt: attempts + 1, url, secret, event }));
}

/** Writes how an attempt ended. Does nothing where its lease had ended and another attempt has begun, or where the webhook is gone. */
export async function settleDelivery(db: Database, { id, webhookId, attempt }: Claim, result: AttemptResult): Promise<void> {
  await commit(db, async (tx) => {
    const [held] = await tx.rows.$queryRaw<{ now: Date }[]>`SELECT now() AS now FROM webhook WHERE id = ${webhookId} FOR NO KEY UPDATE`;
    if (held === undefined) return;
    const pauseMs = result.error === null ? undefined : pausesMs[attempt - 1];
    const state = result.error === null ? "succeeded" : pauseMs === undefined ? "failed" : "pending";
    const { count } = await tx.rows.webhookDelivery.updateMany({
      where: { id, attempts: attempt, state: "pending" },
      data: {
        state,
        nextAttemptAt: pauseMs === undefined ? null : new Date(held.now.getTime() + pauseMs),
        claimedUntil: null,
        lastStatus: result.status,
        lastError: result.error,
      },
    });
    if (count === 0) return;
    if (result.error === null) {
      await tx.rows.webhook.updateMany({ where: { id: webhookId, failingSince: { not: null } }, data: { failingSince: null } });
    } else {
      await noteFailure(tx, webhookId, held.now, state === "failed" ? result.error : null);
    }
  });
}

/** The attempt was broken off from our side: another server may begin it anew at once. */
export async function releaseDelivery(db: Database, { id, attempt }: Claim): Promise<void> {
  await db.webhookDelivery.updateMany({ where: { id, attempts: attempt, state: "pending" }, data: { claimedUntil: null } });
}

/** Remembers since when a locked webhook has been failing. One that has for too long is given up with a delivery: `last` is what was wrong with that one, if it was. */
async function noteFailure(tx: Transaction, webhookId: string, now: Date, last: string | null): Promise<void> {
  const { projectId, active, failingSince } = await tx.rows.webhook.findUniqueOrThrow({ where: { id: webhookId } });
  if (failingSince === null) {
    await tx.rows.webhook.update({ where: { id: webhookId }, data: { failingSince: now } });
  } else if (last !== null && active && now.getTime() - failingSince.getTime() >= deadMs) {
    const reason = `nothing has succeeded since ${failingSince.toISOString()}`;
    await tx.rows.webhook.update({
      where: { id: webhookId },
      data: { active: false, inactiveReason: `${reason}; the last attempt: ${last}` },
    });
    // Without what was wrong, which tells of the target: viewers see events.
    tx.record({ projectId, type: "webhook.deactivated", subject: webhookId, data: { reason } });
  }
}
