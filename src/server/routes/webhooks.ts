import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  patchWebhook,
  replayDelivery,
} from "../../contract/endpoints/webhooks.js";
import { mostWebhooks } from "../../contract/webhook.js";
import { latestSeq } from "../../store/outbox.js";
import * as deliveries from "../../store/webhook-deliveries.js";
import * as webhooks from "../../store/webhooks.js";
import { pageOf, pageRequest } from "../page.js";
import { notFound, ProblemError } from "../problem.js";
import { showDelivery, showWebhook } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { AddressRules } from "../webhooks/address-rules.js";
import { literalAddress } from "../webhooks/target.js";

export function webhookRoutes(router: Router, { db, settings }: Service): void {
  const rules = new AddressRules(settings.webhookAllow);

  async function existing(projectId: string, id: string): Promise<webhooks.Webhook> {
    const webhook = await webhooks.findWebhook(db, projectId, id);
    if (webhook === null) throw notFound("webhook", id);
    return webhook;
  }

  /** Says at once what would be found at each delivery, where no name has to be looked up for it. */
  function checkTarget(given: string): void {
    const url = new URL(given);
    const address = literalAddress(url);
    const message = address && rules.refusal(address.address, address);
    if (message) throw new ProblemError("invalid_request", "The body does not fit", { errors: [{ path: "/url", message }] });
  }

  router.serve(listWebhooks, async ({ projectId, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    return { status: 200, body: pageOf(await webhooks.listWebhooks(db, projectId, request), request, eventSeq, showWebhook) };
  });

  router.serve(createWebhook, async ({ projectId, body }) => {
    checkTarget(body.url);
    const webhook = await webhooks.createWebhook(db, projectId, { ...body, types: body.types ?? [], labels: body.labels ?? {} });
    if (webhook === null) throw new ProblemError("quota_exceeded", `A project may have ${mostWebhooks} webhooks`);
    const headers = { Location: `/v1/webhooks/${webhook.id}` };
    return { status: 201, body: { ...showWebhook(webhook), secret: webhook.secret }, headers, secret: true };
  });

  router.serve(getWebhook, async ({ projectId, params }) => ({ status: 200, body: showWebhook(await existing(projectId, params.id)) }));

  router.serve(patchWebhook, async ({ projectId, params, body }) => {
    if (body.url !== undefined) checkTarget(body.url);
    const webhook = await webhooks.changeWebhook(db, projectId, params.id, body);
    if (webhook === null) throw notFound("webhook", params.id);
    return { status: 200, body: showWebhook(webhook) };
  });

  router.serve(deleteWebhook, async ({ projectId, params }) => {
    if (!(await webhooks.deleteWebhook(db, projectId, params.id))) throw notFound("webhook", params.id);
    return { status: 204 };
  });

  router.serve(listDeliveries, async ({ projectId, params, query }) => {
    const webhook = await existing(projectId, params.id);
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    const rows = await deliveries.listDeliveries(db, webhook, query.state ?? null, request);
    return { status: 200, body: pageOf(rows, request, eventSeq, showDelivery) };
  });

  router.serve(replayDelivery, async ({ projectId, params }) => {
    const webhook = await existing(projectId, params.id);
    if (!webhook.active) throw new ProblemError("webhook_inactive", webhook.inactiveReason ?? "Make it active first");
    const delivery = await deliveries.replayDelivery(db, webhook, params.deliveryId);
    if (delivery === null) throw notFound("delivery", params.deliveryId);
    return { status: 202, body: showDelivery(delivery) };
  });
}
