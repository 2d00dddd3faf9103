import { z } from "zod";
import { listHosts, usage } from "../../contract/endpoints/statistics.js";
import { type Usage, VmUsage } from "../../contract/usage.js";
import * as hosts from "../../store/hosts.js";
import { latestSeq } from "../../store/outbox.js";
import { runningByHost } from "../../store/vm-list.js";
import { pageOf, pageRequest } from "../page.js";
import { showHost } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { askWorker } from "../streams/worker-endpoint.js";

const Answer = z.array(VmUsage);

export function statisticsRoutes(router: Router, service: Service): void {
  const { db } = service;

  router.serve(usage, async ({ projectId, request }) => {
    const byHost = await runningByHost(db, projectId);
    const answers = await Promise.all(
      [...byHost].map(async ([host, own]) => {
        const items = await usageOf(host, String(request.id)).catch((error: unknown) => {
          request.log.warn({ err: error, host }, "no figures of a host");
          return [];
        });
        return items.filter(({ vm }) => own.has(vm));
      }),
    );
    return { status: 200, body: { time: new Date().toISOString(), items: answers.flat() } satisfies Usage };
  });

  async function usageOf(host: string, requestId: string): Promise<VmUsage[]> {
    const { status, body } = await askWorker(service, host, "/usage", {}, requestId);
    if (status !== 200) throw new Error(`the host answered ${status}`);
    return Answer.parse(JSON.parse(body.toString("utf8")));
  }

  router.serve(listHosts, async ({ projectId, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    const rows = await hosts.listHosts(db, projectId, request);
    return { status: 200, body: pageOf(rows, request, eventSeq, showHost) };
  });
}
