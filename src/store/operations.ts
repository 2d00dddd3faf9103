/**
 * The life of an operation row: `queued` -> `running` -> `succeeded | failed | cancelled`. Ended is ended: no function here changes an ended row.
 */
import type { OperationKind } from "../contract/operation.js";
import type { FailureCode } from "../contract/problems.js";
import type { Database } from "./database.js";
import type { Operation } from "./generated/client.js";
import { Prisma } from "./generated/client.js";
import { newId } from "./ids.js";
import { commit, type Transaction } from "./outbox.js";

export type { Operation };

/** Who asked. `requestId` and `actor` are null when the service itself did. */
export interface Asker {
  projectId: string;
  requestId: string | null;
  actor: string | null;
}

/** Why an operation did not succeed. Codes of the monitor's faults pass through unchanged. */
export interface OperationError {
  code: FailureCode | (string & {});
  message: string;
}

export const open: Prisma.OperationWhereInput = { state: { in: ["queued", "running"] } };

interface NewOperation {
  kind: OperationKind;
  vmId: string;
  hostId: string | null;
  resources: Prisma.InputJsonObject;
  mayCancel: boolean;
  /** Ended from the start: what was asked for already holds. */
  holds?: boolean;
}

export async function createOperation(tx: Transaction, asker: Asker, operation: NewOperation): Promise<Operation> {
  const { holds, ...fields } = operation;
  const now = new Date();
  const row = await tx.rows.operation.create({
    data: {
      ...fields,
      ...asker,
      id: newId("operation"),
      state: holds ? "succeeded" : "queued",
      mayCancel: holds ? false : operation.mayCancel,
      progress: holds ? 1 : null,
      startedAt: holds ? now : null,
      endedAt: holds ? now : null,
    },
  });
  recordState(tx, row);
  return row;
}

/** Takes the row for work on its host: null when it has ended meanwhile, or was given to another host, so that its job does nothing. */
export async function beginOperation(db: Database, id: string, hostId: string): Promise<Operation | null> {
  return commit(db, async (tx) => {
    const [row] = await tx.rows.operation.updateManyAndReturn({
      where: { id, hostId, state: "queued" },
      data: { state: "running", startedAt: new Date() },
    });
    if (row) recordState(tx, row);
    return row ?? (await tx.rows.operation.findFirst({ where: { id, hostId, state: "running" } }));
  });
}

export interface Progress {
  /** 0 to 1, or null when unknown. */
  progress: number | null;
  step: string;
  mayCancel: boolean;
}

/** Tells how far it is. Does nothing once the operation has ended. */
export async function reportProgress(db: Database, id: string, progress: Progress): Promise<void> {
  await commit(db, async (tx) => {
    const [row] = await tx.rows.operation.updateManyAndReturn({ where: { id, state: "running" }, data: { ...progress } });
    if (row) {
      const data = { progress: row.progress, step: row.step };
      tx.record({ projectId: row.projectId, type: "operation.progress", subject: row.id, data });
    }
  });
}

export type Ending = { state: "succeeded" } | { state: "failed"; error: OperationError } | { state: "cancelled"; error: OperationError };

/** Ends an operation within a transaction. False: it had ended before. */
export async function endOperation(tx: Transaction, id: string, ending: Ending): Promise<boolean> {
  const error = ending.state === "succeeded" ? Prisma.DbNull : { ...ending.error };
  const [row] = await tx.rows.operation.updateManyAndReturn({
    where: { id, ...open },
    data: {
      state: ending.state,
      error,
      endedAt: new Date(),
      mayCancel: false,
      ...(ending.state === "succeeded" ? { progress: 1, step: null } : {}),
    },
  });
  if (row) recordState(tx, row);
  return row !== undefined;
}

/**
 * Asks an operation to end: at once when it is still queued (true), else its worker is told and will end it (false).
 */
export async function supersede(tx: Transaction, operation: Operation, error: OperationError): Promise<boolean> {
  if (operation.state === "queued" && (await endQueued(tx, operation.id, error))) return true;
  const [row] = await tx.rows.operation.updateManyAndReturn({
    where: { id: operation.id, state: "running", cancelRequestedAt: null },
    data: { cancelRequestedAt: new Date(), mayCancel: false },
  });
  if (row) tx.record({ projectId: row.projectId, type: "operation.cancel_requested", subject: row.id, data: { ...error } });
  return false;
}

async function endQueued(tx: Transaction, id: string, error: OperationError): Promise<boolean> {
  const [row] = await tx.rows.operation.updateManyAndReturn({
    where: { id, state: "queued" },
    data: { state: "cancelled", error: { ...error }, endedAt: new Date(), mayCancel: false },
  });
  if (row) recordState(tx, row);
  return row !== undefined;
}

/** The state event of a row as it is now. */
function recordState(tx: Transaction, row: Operation): void {
  const data = { kind: row.kind, state: row.state, resources: row.resources ?? {}, error: row.error };
  tx.record({ projectId: row.projectId, type: "operation.state", subject: row.id, data });
}
