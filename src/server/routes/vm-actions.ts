import type { Endpoint } from "../../contract/endpoint.js";
import { deleteVm, pauseVm, resetVm, resumeVm, shutdownVm, startVm, stopVm } from "../../contract/endpoints/vms.js";
import type { VmAction } from "../../contract/vm-states.js";
import { acceptAction } from "../../store/acceptance.js";
import { expectedVersion } from "../if-match.js";
import { accept } from "../operation-answer.js";
import { notFound, ProblemError } from "../problem.js";
import type { Answer, Call, Router } from "../route.js";
import type { Service } from "../service.js";

type OneVm = Endpoint<`/v1/vms/{id}${string}`>;

/** Commands to a machine: each is decided by the contract's table, and answered by an operation. */
export function vmActionRoutes(router: Router, service: Service): void {
  const routes: Record<VmAction, OneVm> = {
    start: startVm,
    shutdown: shutdownVm,
    stop: stopVm,
    reset: resetVm,
    pause: pauseVm,
    resume: resumeVm,
    delete: deleteVm,
  };
  for (const [action, route] of Object.entries(routes) as [VmAction, OneVm][]) {
    router.serve(route, (call) => act(service, action, call));
  }
}

async function act(
  service: Service,
  action: VmAction,
  { params, projectId, asker, request }: Call<Endpoint<"/v1/vms/{id}">>,
): Promise<Answer> {
  const ifVersion = await expectedVersion(service.db, projectId, params.id, request.headers["if-match"]);
  const outcome = await acceptAction(service.db, asker, params.id, action, ifVersion);
  switch (outcome.outcome) {
    case "not_found":
      throw notFound("vm", params.id);
    case "precondition_failed":
      throw new ProblemError("precondition_failed");
    case "conflict":
      throw new ProblemError("vm_state_conflict", `Cannot ${action}: the machine is ${outcome.state}`);
    case "accepted":
      return accept(service, request, outcome.operation, true);
    case "joined":
    case "holds":
      return accept(service, request, outcome.operation, false);
  }
}
