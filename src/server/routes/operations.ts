import { cancelOperation, getOperation, listOperations, waitOperation } from "../../contract/endpoints/operations.js";
import { acceptCancel } from "../../store/acceptance.js";
import type { Event } from "../../store/generated/client.js";
import { findOperation, listOperations as listRows } from "../../store/operation-list.js";
import type { Operation } from "../../store/operations.js";
import { latestSeq } from "../../store/outbox.js";
import { pageOf, pageRequest } from "../page.js";
import { notFound, ProblemError } from "../problem.js";
import { showOperation } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { waitFor } from "../waiting.js";

export function operationRoutes(router: Router, service: Service): void {
  const { db } = service;

  async function existing(projectId: string, id: string): Promise<Operation> {
    const operation = await findOperation(db, projectId, id);
    if (operation === null) throw notFound("operation", id);
    return operation;
  }

  router.serve(listOperations, async ({ projectId, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    const rows = await listRows(db, projectId, { vmId: query.vm ?? null, states: query.state ?? null }, request);
    return { status: 200, body: pageOf(rows, request, eventSeq, showOperation) };
  });

  router.serve(getOperation, async ({ projectId, params }) => ({ status: 200, body: showOperation(await existing(projectId, params.id)) }));

  router.serve(waitOperation, async ({ projectId, params, query, signal }) => {
    const seen = await waitFor(
      service.feed,
      endOf(params.id),
      () => existing(projectId, params.id),
      (operation) => operation.endedAt !== null,
      query.timeout * 1000,
      signal,
    );
    return { status: 200, body: showOperation(seen) };
  });

  router.serve(cancelOperation, async ({ params, asker }) => {
    const outcome = await acceptCancel(db, asker, params.id);
    if (outcome.outcome === "not_found") throw notFound("operation", params.id);
    if (outcome.outcome === "conflict") throw new ProblemError("operation_state_conflict", `It is ${outcome.operation.state}`);
    return { status: 202, body: showOperation(outcome.operation) };
  });
}

/** What happens to it on the way is not waited for. */
function endOf(id: string): (event: Event) => boolean {
  return ({ subject, type, data }) => {
    const { state } = data as { state?: string };
    return subject === id && type === "operation.state" && state !== "queued" && state !== "running";
  };
}
