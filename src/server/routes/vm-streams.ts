import { consoleLog, vmConsole, vmStats } from "../../contract/endpoints/vms.js";
import { findVm } from "../../store/vm-list.js";
import type { Vm } from "../../store/vms.js";
import { notFound, ProblemError } from "../problem.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { sampleVm } from "../streams/stats.js";
import { askWorker } from "../streams/worker-endpoint.js";

/** What the streams carry, for those who ask once. */
export function vmStreamRoutes(router: Router, service: Service): void {
  async function existing(projectId: string, id: string): Promise<Vm> {
    const vm = await findVm(service.db, projectId, id);
    if (vm === null) throw notFound("vm", id);
    return vm;
  }

  router.serve(vmStats, async ({ projectId, params, request }) => ({
    status: 200,
    body: await sampleVm(service, await existing(projectId, params.id), String(request.id)),
  }));

  router.serve(consoleLog, async ({ projectId, params, query, request }) => {
    const vm = await existing(projectId, params.id);
    const type = { "Content-Type": "application/octet-stream" };
    if (vm.hostId === null) return { status: 200, body: Buffer.alloc(0), headers: { ...type, "Console-Offset": "0" } };
    const { port, from } = query;
    const answer = await askWorker(service, vm.hostId, `/vms/${vm.id}/console/log`, { port, from }, String(request.id));
    if (answer.status !== 200) throw new ProblemError("stream_unavailable", `The machine's host answered ${answer.status}`);
    const offset = String(answer.headers["console-offset"] ?? from);
    return { status: 200, body: answer.body, headers: { ...type, "Console-Offset": offset } };
  });

  router.serve(vmConsole, async ({ projectId, params }) => {
    await existing(projectId, params.id);
    throw new ProblemError("upgrade_required", "The console is a WebSocket; /console/log has the kept bytes", {
      headers: { Upgrade: "websocket" },
    });
  });
}
