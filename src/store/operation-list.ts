/** Reading operations of a project. */
import type { OperationState } from "../contract/operation.js";
import type { Database } from "./database.js";
import type { Operation } from "./generated/client.js";
import { beyond, newestFirst, type PageRequest } from "./paging.js";

export function findOperation(db: Database, projectId: string, id: string): Promise<Operation | null> {
  return db.operation.findFirst({ where: { id, projectId } });
}

/** @param conditions null: any */
export function listOperations(
  db: Database,
  projectId: string,
  conditions: { vmId: string | null; states: OperationState[] | null },
  page: PageRequest,
): Promise<Operation[]> {
  return db.operation.findMany({
    where: {
      projectId,
      ...(conditions.vmId === null ? {} : { vmId: conditions.vmId }),
      ...(conditions.states === null ? {} : { state: { in: conditions.states } }),
      AND: beyond(page),
    },
    ...newestFirst(page),
  });
}
