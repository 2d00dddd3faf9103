/** What has happened: rows written in the transaction that made it so, in the order of their commits. */
import { z } from "zod";
import { id, Time } from "./identity.js";

export const eventTypes = [
  "vm.created",
  /** `data`: `{state, from, reason, generation, desiredState}` */
  "vm.state",
  /** Name, labels or another field without a life of its own. */
  "vm.updated",
  /** The guest was reset, by itself or by request. `data`: `{cause, generation}` */
  "vm.reset",
  "vm.deleted",
  /** `data`: `{kind, state, resources, error}` */
  "operation.state",
  /** `data`: `{progress, step}` */
  "operation.progress",
  "operation.cancel_requested",
  "image.created",
  "image.ready",
  "image.deleted",
  "webhook.created",
  "webhook.updated",
  /** By the service, after days of failure. `data`: `{reason}` */
  "webhook.deactivated",
  "webhook.deleted",
] as const;
export type EventType = (typeof eventTypes)[number];

export const Event = z
  .object({
    id: id("event"),
    seq: z.int().meta({ description: "Follows commit order" }),
    type: z.string().meta({ example: "vm.state" }),
    time: Time,
    projectId: id("project"),
    subject: z.string().meta({ description: "Id of what it is about" }),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
export type Event = z.infer<typeof Event>;
