import type { Request } from "express";
import { vmStatsHistory } from "../../contract/endpoints/statistics.js";
import { consoleLog, vmConsole, vmStats } from "../../contract/endpoints/vms.js";
import type { VmStats, VmStatsHistory } from "../../contract/stats.js";
import { findVm } from "../../store/vm-list.js";
import type { Vm } from "../../store/vms.js";
import { notFound, ProblemError } from "../problem.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { askWorker, type WorkerAnswer, type WorkerParameters } from "../streams/worker-endpoint.js";

/** What the streams carry, for those who ask once. */
export function vmStreamRoutes(router: Router, service: Service): void {
  async function existing(projectId: string, id: string): Promise<Vm> {
    const vm = await findVm(service.db, projectId, id);
    if (vm === null) throw notFound("vm", id);
    return vm;
  }

  async function ask(vm: Vm & { hostId: string }, path: string, parameters: WorkerParameters, request: Request): Promise<WorkerAnswer> {
    const answer = await askWorker(service, vm.hostId, `/vms/${vm.id}/${path}`, parameters, String(request.id));
    if (answer.status === 404) throw notFound("vm", vm.id);
    if (answer.status !== 200) throw new ProblemError("stream_unavailable", `The machine's host answered ${answer.status}`);
    return answer;
  }

  router.serve(vmStats, async ({ projectId, params, request }) => {
    const vm = await existing(projectId, params.id);
    if (!isPlaced(vm)) {
      const { state, generation } = vm;
      return { status: 200, body: { time: new Date().toISOString(), state, generation, stats: null } satisfies VmStats };
    }
    const { body } = await ask(vm, "stats", {}, request);
    return { status: 200, body, headers: { "Content-Type": "application/json; charset=utf-8" } };
  });

  router.serve(vmStatsHistory, async ({ projectId, params, request }) => {
    const vm = await existing(projectId, params.id);
    if (!isPlaced(vm)) return { status: 200, body: { intervalSeconds: 10, items: [] } satisfies VmStatsHistory };
    const { body } = await ask(vm, "stats/history", {}, request);
    return { status: 200, body, headers: { "Content-Type": "application/json; charset=utf-8" } };
  });

  router.serve(consoleLog, async ({ projectId, params, query, request }) => {
    const vm = await existing(projectId, params.id);
    const type = { "Content-Type": "application/octet-stream" };
    if (!isPlaced(vm)) return { status: 200, body: Buffer.alloc(0), headers: { ...type, "Console-Offset": "0" } };
    const { port, from } = query;
    const answer = await ask(vm, "console/log", { port, from }, request);
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

function isPlaced(vm: Vm): vm is Vm & { hostId: string } {
  return vm.hostId !== null;
}
