/** An API server: HTTP and WebSocket on one port, over the parts of an installation that it is given. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import { createApp } from "./app.js";
import { BlobSweep } from "./blob-sweep.js";
import { clientAddress } from "./client-address.js";
import { answerClientError } from "./client-error.js";
import { Metrics } from "./metrics.js";
import { RateLimit } from "./rate-limit.js";
import type { Service } from "./service.js";
import { OpenStreams } from "./streams/open-streams.js";
import { Streams } from "./streams/upgrade.js";
import { AddressRules } from "./webhooks/address-rules.js";
import { Courier } from "./webhooks/courier.js";

export interface ApiServer {
  app: Express;
  /** Begins to listen, and to post to webhooks; answers the URL under which it is reached on this host. */
  listen(): Promise<string>;
  /** Takes no more requests, ends waits and streams, and gives requests under way `graceMs` to end. */
  close(graceMs?: number): Promise<void>;
}

/** A whole request may take so long; uploads have a bound on silence instead (`uploadIdleMs`). */
const requestTimeoutMs = 6 * 3600_000;

/** @param service its feed has been started; neither feed nor database nor queue is closed by the server */
export async function createApiServer(service: Service): Promise<ApiServer> {
  await service.blobs.open();
  const sweep = new BlobSweep(service);
  await sweep.once();
  const closing = new AbortController();
  const metrics = new Metrics(service);
  const openStreams = new OpenStreams(service, metrics);
  const limit = new RateLimit(service.settings.requestsPerMinute, clientAddress(service.settings.trustedProxies));
  const app = createApp(service, metrics, limit, openStreams, closing.signal);
  const http = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: 30_000, keepAliveTimeout: 65_000 }, app);
  const streams = new Streams(service, metrics, limit, openStreams, http, closing.signal);
  http.on("clientError", answerClientError);
  const { db, feed, log, settings } = service;
  const count = (outcome: string) => metrics.webhookAttempts.inc({ outcome });
  const courier = new Courier({ db, feed, log, count, rules: new AddressRules(settings.webhookAllow) });

  return {
    app,
    async listen() {
      const { host, port } = settings;
      http.listen(port, host);
      await once(http, "listening");
      courier.start();
      sweep.start();
      return urlOf(http, host);
    },
    async close(graceMs = 5000) {
      closing.abort();
      streams.close();
      const posted = courier.close(graceMs);
      if (http.listening) await closeHttp(http, graceMs);
      await posted;
      await sweep.close();
    },
  };
}

async function closeHttp(http: Server, graceMs: number): Promise<void> {
  const closed = once(http, "close");
  http.close();
  http.closeIdleConnections();
  const cut = setTimeout(() => http.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}

function urlOf(http: Server, host: string): string {
  const { port, family, address } = http.address() as AddressInfo;
  const anywhere = host === "0.0.0.0" || host === "::";
  const name = anywhere ? "127.0.0.1" : family === "IPv6" ? `[${address}]` : address;
  return `http://${name}:${port}`;
}
