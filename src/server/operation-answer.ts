import type { Request } from "express";
import type { Operation } from "../store/operations.js";
import { showOperation } from "./representation.js";
import type { Answer } from "./route.js";
import type { Service } from "./service.js";

/**
 * `202` with the operation. A new one is handed to the queue first; where that fails the request still stands, since the sweeper
 * finds what is queued without a job.
 */
export async function accept(service: Service, request: Request, operation: Operation, isNew: boolean): Promise<Answer> {
  if (isNew) {
    await service.queue.submit(operation.hostId, operation.id).catch((error: unknown) => {
      request.log.warn({ err: error, operation: operation.id }, "the queue did not take the operation; the sweeper will");
    });
  }
  return { status: 202, body: showOperation(operation), headers: { Location: `/v1/operations/${operation.id}` } };
}
