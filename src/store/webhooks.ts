/** Webhooks of a project, as people make and change them. What is posted to them is webhook-work.ts. */
import { randomBytes } from "node:crypto";
import { mostWebhooks } from "../contract/webhook.js";
import type { Database } from "./database.js";
import type { Prisma, Webhook } from "./generated/client.js";
import { newId } from "./ids.js";
import { commit, latestSeq } from "./outbox.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

export type { Webhook };

export interface WebhookFields {
  url: string;
  types: string[];
  labels: Record<string, string>;
  active: boolean;
}

export function findWebhook(db: Database, projectId: string, id: string): Promise<Webhook | null> {
  return db.webhook.findFirst({ where: { id, projectId } });
}

export function listWebhooks(db: Database, projectId: string, page: PageRequest): Promise<Webhook[]> {
  return db.webhook.findMany({ where: { projectId, AND: beyond(page) }, ...newestFirst(page) });
}

/** Its first event is that of its own creation. @returns null where the project has as many as it may */
export function createWebhook(db: Database, projectId: string, fields: WebhookFields): Promise<Webhook | null> {
  return commit(db, async (tx) => {
    // Creates in one project take turns here, so that two cannot both be the last.
    await tx.rows.$queryRaw`SELECT id FROM project WHERE id = ${projectId} FOR NO KEY UPDATE`;
    if ((await tx.rows.webhook.count({ where: { projectId } })) >= mostWebhooks) return null;
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const position = await latestSeq(tx.rows);
    const webhook = await tx.rows.webhook.create({ data: { ...fields, id: newId("webhook"), projectId, secret, position } });
    // Without the URL, which may be a secret: viewers see events.
    tx.record({ projectId, type: "webhook.created", subject: webhook.id, data: { active: webhook.active } });
    return webhook;
  });
}

/** @returns null where the project has no such webhook */
export function changeWebhook(db: Database, projectId: string, id: string, changes: Partial<WebhookFields>): Promise<Webhook | null> {
  return commit(db, async (tx) => {
    await tx.rows.$queryRaw`SELECT id FROM webhook WHERE id = ${id} FOR NO KEY UPDATE`;
    const before = await tx.rows.webhook.findFirst({ where: { id, projectId } });
    if (before === null) return null;
    const begins = changes.active === true && !before.active;
    const anew = begins ? { position: await latestSeq(tx.rows), failingSince: null } : {};
    const cleared = changes.active === undefined ? {} : { inactiveReason: null };
    const data: Prisma.WebhookUncheckedUpdateInput = { ...changes, ...anew, ...cleared };
    const webhook = await tx.rows.webhook.update({ where: { id }, data });
    tx.record({ projectId, type: "webhook.updated", subject: id, data: { active: webhook.active } });
    return webhook;
  });
}

/** @returns false where the project has no such webhook */
export function deleteWebhook(db: Database, projectId: string, id: string): Promise<boolean> {
  return commit(db, async (tx) => {
    const { count } = await tx.rows.webhook.deleteMany({ where: { id, projectId } });
    if (count > 0) tx.record({ projectId, type: "webhook.deleted", subject: id, data: {} });
    return count > 0;
  });
}
