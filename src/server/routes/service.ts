import type { Express } from "express";
import { isBearerOf } from "../../cluster/secret.js";
import { metrics as metricsRoute } from "../../contract/endpoints/service.js";
import type { Metrics } from "../metrics.js";
import { ProblemError } from "../problem.js";
import { type Answer, type Router, send } from "../route.js";
import type { Service } from "../service.js";

export function serviceRoutes(app: Express, router: Router, { db, settings }: Service, metrics: Metrics, closing: AbortSignal): void {
  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });

  app.get("/readyz", async (_request, response) => {
    if (closing.aborted) throw new ProblemError("service_unavailable", "The server is closing");
    await db.$queryRaw`SELECT 1`.catch((cause: unknown) => {
      throw new ProblemError("service_unavailable", "The database does not answer", { cause });
    });
    response.json({ status: "ready" });
  });

  const scrape = async (): Promise<Answer> => ({
    status: 200,
    body: Buffer.from(await metrics.registry.metrics()),
    headers: { "Content-Type": metrics.registry.contentType },
  });
  app.get(metricsRoute.path, async (request, response, next) => {
    const { metricsToken } = settings;
    if (metricsToken !== null && isBearerOf(metricsToken, request.headers.authorization)) send(response, await scrape());
    else next();
  });
  router.serve(metricsRoute, scrape);
}
