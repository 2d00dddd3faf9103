import type { Express } from "express";
import { metrics as metricsRoute } from "../../contract/endpoints/service.js";
import type { Metrics } from "../metrics.js";
import { ProblemError } from "../problem.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";

export function serviceRoutes(app: Express, router: Router, { db }: Service, metrics: Metrics, closing: AbortSignal): void {
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

  router.serve(metricsRoute, async () => ({
    status: 200,
    body: Buffer.from(await metrics.registry.metrics()),
    headers: { "Content-Type": metrics.registry.contentType },
  }));
}
