import { z } from "zod";
import { endpoint } from "../endpoint.js";
import { Event } from "../event.js";

export const events = endpoint({
  id: "followEvents",
  method: "get",
  path: "/v1/events",
  tag: "events",
  summary: "Follow what happens in the project: server-sent events, or a WebSocket",
  description:
    "With `Upgrade: websocket` and subprotocol `events.v1` a text frame per event, otherwise `text/event-stream` with `seq` as the id. Begins after `Last-Event-ID`, else after `from`, else now. A `gap` event says that what was asked for is no longer kept.",
  role: "viewer",
  query: {
    from: z.coerce.number().int().min(0).optional().meta({ description: "`eventSeq` of a list: events after it" }),
    ticket: z.string().max(100).optional().meta({ description: "WebSocket only: instead of a token" }),
  },
  answers: { 200: { description: "A stream that does not end", type: "text/event-stream", schema: Event } },
  problems: ["ticket_invalid", "unsupported_subprotocol"],
});

export const metrics = endpoint({
  id: "getMetrics",
  method: "get",
  path: "/metrics",
  tag: "service",
  summary: "Metrics for Prometheus, of the whole installation",
  description: "Opened by a token of an administrator of the installation, or by `WORLDSWITCH_METRICS_TOKEN`, which opens nothing else.",
  role: "viewer",
  installation: true,
  answers: { 200: { description: "Prometheus text format", type: "text/plain", schema: z.string() } },
  problems: [],
});

export const healthz = endpoint({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  tag: "service",
  summary: "The process answers",
  role: null,
  answers: { 200: { description: "It does", schema: z.object({ status: z.literal("ok") }) } },
  problems: [],
});

export const readyz = endpoint({
  id: "getReadiness",
  method: "get",
  path: "/readyz",
  tag: "service",
  summary: "Requests can be served: the database answers",
  role: null,
  answers: { 200: { description: "They can", schema: z.object({ status: z.literal("ready") }) } },
  problems: ["service_unavailable"],
});

export const openapi = endpoint({
  id: "getContract",
  method: "get",
  path: "/openapi.json",
  tag: "service",
  summary: "This document",
  role: null,
  answers: { 200: { description: "OpenAPI 3.1", schema: z.record(z.string(), z.unknown()) } },
  problems: [],
});
