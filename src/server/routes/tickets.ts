import type { Request } from "express";
import { createTicket } from "../../contract/endpoints/access.js";
import { createVmTicket } from "../../contract/endpoints/vms.js";
import * as tickets from "../../store/tickets.js";
import { findVm } from "../../store/vm-list.js";
import { webSocketUrl } from "../absolute-url.js";
import { requireRole } from "../caller.js";
import { notFound } from "../problem.js";
import type { Answer, Router } from "../route.js";
import type { Service } from "../service.js";

export function ticketRoutes(router: Router, { db, settings }: Service): void {
  function answer(request: Request, path: string, { secret, expiresAt }: { secret: string; expiresAt: Date }): Answer {
    const withTicket = `${path}?ticket=${secret}`;
    const url = webSocketUrl(settings.publicUrl, request, withTicket);
    return { status: 201, body: { url, path: withTicket, expiresAt: expiresAt.toISOString() }, secret: true };
  }

  router.serve(createVmTicket, async ({ projectId, params, body, caller, request }) => {
    const { stream, role } = body;
    if (role === "writer") requireRole(caller, "operator");
    const vm = await findVm(db, projectId, params.id);
    if (vm === null) throw notFound("vm", params.id);
    const { tokenId } = caller;
    return answer(request, `/v1/vms/${vm.id}/${stream}`, await tickets.createTicket(db, { projectId, stream, role, vmId: vm.id, tokenId }));
  });

  router.serve(createTicket, async ({ projectId, body, caller, request }) => {
    const { stream } = body;
    const { tokenId } = caller;
    return answer(request, `/v1/${stream}`, await tickets.createTicket(db, { projectId, stream, role: "viewer", vmId: null, tokenId }));
  });
}
