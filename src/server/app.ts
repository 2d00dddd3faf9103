/** The express application: every route of the contract, between what each request passes first and where failures end. */
import { readFileSync } from "node:fs";
import express, { type Express } from "express";
import { crossOrigin, securityHeaders } from "./browsers.js";
import { clusterFiles } from "./cluster-files.js";
import { dashboard } from "./dashboard.js";
import { documentation } from "./docs.js";
import { failed, unserved } from "./failures.js";
import { requestLogging } from "./logging.js";
import type { Metrics } from "./metrics.js";
import type { RateLimit } from "./rate-limit.js";
import { Router } from "./route.js";
import { projectRoutes, tokenRoutes } from "./routes/access.js";
import { eventRoutes } from "./routes/events.js";
import { imageRoutes } from "./routes/images.js";
import { operationRoutes } from "./routes/operations.js";
import { serviceRoutes } from "./routes/service.js";
import { signInRoutes } from "./routes/sign-in.js";
import { statisticsRoutes } from "./routes/statistics.js";
import { ticketRoutes } from "./routes/tickets.js";
import { vmActionRoutes } from "./routes/vm-actions.js";
import { vmStreamRoutes } from "./routes/vm-streams.js";
import { vmRoutes } from "./routes/vms.js";
import { webhookRoutes } from "./routes/webhooks.js";
import type { Service } from "./service.js";
import type { OpenStreams } from "./streams/open-streams.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };

export function createApp(service: Service, metrics: Metrics, limit: RateLimit, openStreams: OpenStreams, closing: AbortSignal): Express {
  const app = express();
  app.disable("x-powered-by");
  // Versions are rows' business; a hash over each answer would cost more than it saves.
  app.disable("etag");
  app.enable("case sensitive routing");
  // By it express believes `X-Forwarded-Proto`, of which absolute URLs are made.
  app.set("trust proxy", service.settings.trustedProxies);
  app.use(requestLogging(service.log), metrics.observe, securityHeaders, crossOrigin(service.settings.corsOrigins));

  const router = new Router(app, service, limit, closing);
  imageRoutes(router, service);
  vmRoutes(router, service);
  vmActionRoutes(router, service);
  vmStreamRoutes(router, service);
  operationRoutes(router, service);
  statisticsRoutes(router, service);
  signInRoutes(router, service);
  tokenRoutes(router, service);
  projectRoutes(router, service);
  ticketRoutes(router, service);
  webhookRoutes(router, service);
  eventRoutes(router, service, openStreams);
  serviceRoutes(app, router, service, metrics, closing);
  clusterFiles(app, service);
  documentation(app, version);
  dashboard(app, service.settings, version);

  app.use(unserved, failed);
  return app;
}
