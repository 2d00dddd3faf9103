/** Deliveries of a webhook, as people look at them and ask for them again. */
import type { Database } from "./database.js";
import type { DeliveryState, Event, WebhookDelivery } from "./generated/client.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";
import type { Webhook } from "./webhooks.js";

export type DeliveryWithEvent = WebhookDelivery & { event: Event };

/** @param states null: any */
export function listDeliveries(
  db: Database,
  webhook: Webhook,
  states: DeliveryState[] | null,
  page: PageRequest,
): Promise<DeliveryWithEvent[]> {
  const where = { webhookId: webhook.id, ...(states === null ? {} : { state: { in: states } }), AND: beyond(page) };
  return db.webhookDelivery.findMany({ where, ...newestFirst(page), include: { event: true } });
}

/**
 * Makes a delivery due now, whatever has become of it. An attempt that is under way stands for it: nothing is posted twice at the same time.
 * @returns null where the webhook has no such delivery
 */
export async function replayDelivery(db: Database, webhook: Webhook, id: string): Promise<DeliveryWithEvent | null> {
  const data = { state: "pending", nextAttemptAt: new Date() } as const;
  const { count } = await db.webhookDelivery.updateMany({ where: { id, webhookId: webhook.id }, data });
  return count === 0 ? null : db.webhookDelivery.findUnique({ where: { id }, include: { event: true } });
}
