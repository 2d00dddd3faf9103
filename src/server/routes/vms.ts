import { createVm, getVm, listVms, patchVm, waitVm } from "../../contract/endpoints/vms.js";
import { acceptCreate } from "../../store/acceptance.js";
import { awaitedSlots, findImage, type ImageWithFiles, isSlot, slotName } from "../../store/images.js";
import { listOperations } from "../../store/operation-list.js";
import { latestSeq } from "../../store/outbox.js";
import { findVm, type LabelCondition, listVms as listRows } from "../../store/vm-list.js";
import { nameVm } from "../../store/vm-names.js";
import { isForeignKeyViolation } from "../database-errors.js";
import { expectedVersion } from "../if-match.js";
import { accept } from "../operation-answer.js";
import { pageOf, pageRequest } from "../page.js";
import { notFound, ProblemError } from "../problem.js";
import { quotaExceeded } from "../quota-problem.js";
import { showVm, vmETag } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { about, waitFor } from "../waiting.js";

export function vmRoutes(router: Router, service: Service): void {
  const { db } = service;

  router.serve(listVms, async ({ projectId, query }) => {
    const request = pageRequest(query);
    const eventSeq = Number(await latestSeq(db));
    const rows = await listRows(db, projectId, { labels: (query.label ?? []).map(labelCondition), states: query.state ?? null }, request);
    return { status: 200, body: pageOf(rows, request, eventSeq, showVm) };
  });

  router.serve(createVm, async ({ projectId, body, asker, request }) => {
    const image = await findImage(db, projectId, body.image);
    if (image === null) throw notFound("image", body.image);
    if (image.state === "pending")
      throw new ProblemError("image_state_conflict", `The image waits for ${missingFiles(image).join(" and ")}`);
    const { name, start, labels, memoryMiB, cmdline, ttlSeconds } = body;
    const outcome = await acceptCreate(db, asker, {
      ...(name === undefined ? {} : { name }),
      imageId: image.id,
      imageReady: image.state === "ready",
      memoryMiB: memoryMiB ?? image.memoryMiB,
      cmdline: cmdline ?? null,
      labels: labels ?? {},
      start,
      expiresAt: ttlSeconds === undefined ? null : new Date(Date.now() + ttlSeconds * 1000),
    }).catch((error: unknown) => {
      // Deleted since it was found.
      if (isForeignKeyViolation(error)) throw notFound("image", body.image);
      throw error;
    });
    if (outcome.outcome === "quota_exceeded") throw quotaExceeded(outcome);
    return accept(service, request, outcome.operation, outcome.operation.state === "queued");
  });

  router.serve(getVm, async ({ projectId, params }) => {
    const vm = await findVm(db, projectId, params.id);
    if (vm === null) throw notFound("vm", params.id);
    return { status: 200, body: showVm(vm), headers: { ETag: vmETag(vm) } };
  });

  router.serve(patchVm, async ({ projectId, params, body, request }) => {
    const ifVersion = await expectedVersion(db, projectId, params.id, request.headers["if-match"]);
    const outcome = await nameVm(db, projectId, params.id, body, ifVersion);
    switch (outcome.outcome) {
      case "not_found":
        throw notFound("vm", params.id);
      case "deleting":
        throw new ProblemError("vm_state_conflict", "The machine is being deleted");
      case "precondition_failed":
        throw new ProblemError("precondition_failed");
      case "changed":
        return { status: 200, body: showVm(outcome.vm), headers: { ETag: vmETag(outcome.vm) } };
    }
  });

  router.serve(waitVm, async ({ projectId, params, query, signal }) => {
    const { id } = params;
    const wanted: readonly string[] = query.state;
    const seen = await waitFor(
      service.feed,
      about(id),
      () => findVm(db, projectId, id),
      (vm) => vm === null || wanted.includes(vm.state),
      query.timeout * 1000,
      signal,
    );
    if (seen !== null) return { status: 200, body: showVm(seen) };
    // Operations outlive their machine: one that never was has none.
    const [known] = await listOperations(db, projectId, { vmId: id, states: null }, { limit: 0, after: null });
    if (known === undefined) throw notFound("vm", id);
    return { status: 200, body: { id, state: "deleted" } };
  });
}

/** `key=value`, or `key` for any value. */
function labelCondition(given: string): LabelCondition {
  const at = given.indexOf("=");
  return at < 0 ? { key: given, value: null } : { key: given.slice(0, at), value: given.slice(at + 1) };
}

function missingFiles(image: ImageWithFiles): string[] {
  const missing = awaitedSlots(image).filter((slot) => !image.files.some((file) => isSlot(file, slot)));
  return missing.map(slotName);
}
