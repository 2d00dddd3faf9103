/** `/metrics`: the process, its requests and streams, the rows of the installation, and what its machines have done. */
import type { RequestHandler } from "express";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { endpoints } from "../contract/endpoints/all.js";
import { registerInstallationMetrics } from "./installation-metrics.js";
import { registerMachineMetrics } from "./machine-metrics.js";
import type { Service } from "./service.js";

export class Metrics {
  readonly registry = new Registry();
  readonly streams: Gauge<"stream">;
  readonly streamBytes: Counter<"stream" | "direction">;
  readonly webhookAttempts: Counter<"outcome">;
  private readonly requests: Histogram<"method" | "route" | "status">;

  constructor(service: Service) {
    const { db } = service;
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    registerInstallationMetrics(this.registry, db);
    registerMachineMetrics(this.registry, service);
    this.requests = new Histogram({
      name: "worldswitch_http_request_duration_seconds",
      help: "Requests by route of the contract",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    this.streams = new Gauge({ name: "worldswitch_streams", help: "Open streams of this server", labelNames: ["stream"], registers });
    this.streamBytes = new Counter({
      name: "worldswitch_stream_bytes_total",
      help: "Bytes relayed; out is towards the viewer",
      labelNames: ["stream", "direction"],
      registers,
    });
    this.webhookAttempts = new Counter({
      name: "worldswitch_webhook_attempts_total",
      help: "Attempts of this server to post an event to a webhook: succeeded or failed",
      labelNames: ["outcome"],
      registers,
    });
  }

  /** Times requests under the path of their route, never under what the client wrote: that would be a label without bound. */
  readonly observe: RequestHandler = (request, response, next) => {
    const stop = this.requests.startTimer();
    response.once("finish", () => {
      const pattern: unknown = request.route?.path;
      const route = typeof pattern === "string" && known.has(pattern) ? pattern : "other";
      stop({ method: request.method, route, status: String(response.statusCode) });
    });
    next();
  };
}

const known = new Set(endpoints.map(({ path }) => path.replaceAll(/\{(\w+)\}/g, ":$1")));
