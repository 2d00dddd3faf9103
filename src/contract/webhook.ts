/** Where a project has its events posted to, and how each of them got there. */
import { z } from "zod";
import { eventTypes } from "./event.js";
import { id, Labels, Time, text } from "./identity.js";
import { page } from "./paging.js";

/** Webhooks that a project may have. */
export const mostWebhooks = 20;

const Target = text(2000)
  .refine(isTarget, "an http or https URL without a name or password in it")
  .meta({ description: "Where events are posted to", example: "https://dashboard.example/events" });

function isTarget(url: string): boolean {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username === "" && password === "";
}

const Types = z
  .array(z.enum(eventTypes))
  .refine((types) => new Set(types).size === types.length, "each type once")
  .meta({ description: "Event types that it is for; none: all" });

export const Webhook = z
  .object({
    id: id("webhook"),
    url: Target,
    types: Types,
    labels: Labels,
    active: z.boolean().meta({ description: "Whether anything is posted. What happens while it is not is never posted" }),
    inactiveReason: z.string().nullable().meta({ description: "Why the service has deactivated it; null where it has not" }),
    failingSince: Time.nullable().meta({ description: "Since when no attempt has succeeded; null where the last one has" }),
    createdAt: Time,
    projectId: id("project"),
  })
  .meta({ id: "Webhook" });
export type Webhook = z.infer<typeof Webhook>;
export const WebhookPage = page("WebhookPage", Webhook);

export const WebhookCreate = z
  .strictObject({ url: Target, types: Types.optional(), labels: Labels.optional(), active: z.boolean().default(true) })
  .meta({ id: "WebhookCreate" });

export const WebhookPatch = z
  .strictObject({ url: Target, types: Types, labels: Labels, active: z.boolean() })
  .partial()
  .meta({ id: "WebhookPatch" });

export const WebhookCreated = Webhook.extend({
  secret: z.string().meta({ description: "Shown this once: `whsec_` and, in base64, the key of the signatures" }),
}).meta({ id: "WebhookCreated" });

export const deliveryStates = ["pending", "succeeded", "failed"] as const;

export const WebhookDelivery = z
  .object({
    id: id("delivery"),
    webhook: id("webhook"),
    event: id("event"),
    eventType: z.string().meta({ example: "vm.state" }),
    subject: z.string().meta({ description: "Id of what the event is about" }),
    state: z.enum(deliveryStates),
    attempts: z.int().meta({ description: "Attempts begun so far" }),
    nextAttemptAt: Time.nullable().meta({ description: "null where none is due" }),
    lastAttemptAt: Time.nullable(),
    lastStatus: z.int().nullable().meta({ description: "HTTP status of the last answer; null where there was none" }),
    lastError: z.string().nullable().meta({ description: "What was wrong with the last attempt, in words" }),
    createdAt: Time,
  })
  .meta({ id: "WebhookDelivery" });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;
export const WebhookDeliveryPage = page("WebhookDeliveryPage", WebhookDelivery);
