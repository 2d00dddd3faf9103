import { endpoint, NoBody } from "../endpoint.js";
import { pageQuery } from "../paging.js";
import {
  deliveryStates,
  mostWebhooks,
  Webhook,
  WebhookCreate,
  WebhookCreated,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookPage,
  WebhookPatch,
} from "../webhook.js";
import { oneOrMore } from "./vms.js";

const tag = "webhooks";

export const listWebhooks = endpoint({
  id: "listWebhooks",
  method: "get",
  path: "/v1/webhooks",
  tag,
  summary: "List the project's webhooks, without their secrets",
  description: "Not for viewers: URLs of targets are often secrets themselves.",
  role: "operator",
  query: pageQuery,
  answers: { 200: { description: "A page of webhooks", schema: WebhookPage } },
  problems: ["invalid_cursor"],
});

export const createWebhook = endpoint({
  id: "createWebhook",
  method: "post",
  path: "/v1/webhooks",
  tag,
  summary: "Have events posted to a URL",
  description: `Each event from now on is posted as its envelope, signed after Standard Webhooks; see streams.md. A project may have ${mostWebhooks}. Targets with private addresses are refused unless the installation allows them.`,
  role: "admin",
  body: WebhookCreate,
  answers: {
    201: {
      description: "The webhook with its secret, which is shown this once",
      schema: WebhookCreated,
      headers: { Location: "The webhook" },
    },
  },
  problems: ["quota_exceeded", "idempotency_not_replayable"],
});

export const getWebhook = endpoint({
  id: "getWebhook",
  method: "get",
  path: "/v1/webhooks/{id}",
  tag,
  summary: "One webhook",
  role: "operator",
  answers: { 200: { description: "The webhook", schema: Webhook } },
  problems: ["not_found"],
});

export const patchWebhook = endpoint({
  id: "patchWebhook",
  method: "patch",
  path: "/v1/webhooks/{id}",
  tag,
  summary: "Change a webhook, or make it active again",
  description: "Types and labels are replaced as a whole. Deliveries that are pending go to the new URL.",
  role: "admin",
  body: WebhookPatch,
  answers: { 200: { description: "The webhook", schema: Webhook } },
  problems: ["not_found"],
});

export const deleteWebhook = endpoint({
  id: "deleteWebhook",
  method: "delete",
  path: "/v1/webhooks/{id}",
  tag,
  summary: "Delete a webhook with its deliveries",
  role: "admin",
  answers: { 204: { description: "Nothing more is posted" } },
  problems: ["not_found"],
});

export const listDeliveries = endpoint({
  id: "listWebhookDeliveries",
  method: "get",
  path: "/v1/webhooks/{id}/deliveries",
  tag,
  summary: "List deliveries, newest first",
  description: "They are kept as long as their events: 7 days.",
  role: "operator",
  query: { ...pageQuery, state: oneOrMore(deliveryStates).optional().meta({ description: "States, separated by commas" }) },
  answers: { 200: { description: "A page of deliveries", schema: WebhookDeliveryPage } },
  problems: ["not_found", "invalid_cursor"],
});

export const replayDelivery = endpoint({
  id: "replayWebhookDelivery",
  method: "post",
  path: "/v1/webhooks/{id}/deliveries/{deliveryId}/replay",
  tag,
  summary: "Post an event again",
  description: "At once, whatever has become of it before, with the same `webhook-id`. A pending delivery is not waited for.",
  role: "admin",
  body: NoBody,
  answers: { 202: { description: "The delivery, pending", schema: WebhookDelivery } },
  problems: ["not_found", "webhook_inactive"],
});
