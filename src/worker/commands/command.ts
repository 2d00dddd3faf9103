/** What the commands share: the parts they work with, and the ends that operations come to. */
import type { Logger } from "pino";
import type { FailureCode } from "../../contract/problems.js";
import type { Database } from "../../store/database.js";
import { type Ending, endOperation, type Operation, type OperationError } from "../../store/operations.js";
import { commit } from "../../store/outbox.js";
import type { BootSource } from "../boot-source.js";
import type { ConsoleHub } from "../console/hub.js";
import type { Deadlines } from "../deadlines.js";
import type { Machine } from "../machine.js";
import { untilWritten } from "../persistence.js";
import type { MachineEnd } from "../report.js";
import type { StatsHistory } from "../stats-history.js";
import type { Supervisor } from "../supervisor.js";

export interface CommandParts {
  db: Database;
  supervisor: Supervisor;
  consoles: ConsoleHub;
  history: StatsHistory;
  bootSource: BootSource;
  /** Folder in which machines keep translations; none: they don't. */
  translations?: string;
  deadlines: Deadlines;
  log: Logger;
}

/**
 * Carries out a running operation, and ends it. Idempotent: it may have been begun before. `signal` fires with the error to end with when the operation is
 * cancelled or superseded; the command then leaves the machine as it is.
 */
export type Command = (parts: CommandParts, operation: Operation & { vmId: string }, signal: AbortSignal) => Promise<void>;

export const succeeded: Ending = { state: "succeeded" };

export function failed(code: FailureCode | (string & {}), message: string): Ending {
  return { state: "failed", error: { code, message } };
}

/** The fault's own code where there is one. */
export function failedBy(end: MachineEnd): Ending {
  return failed(end.fault?.code ?? end.reason ?? "vm_state_conflict", end.message);
}

/** Ends an operation on its own, where no vm row changes with it. */
export function end(parts: CommandParts, operation: Operation, ending: Ending): Promise<boolean> {
  return untilWritten(parts.db, parts.log, () => commit(parts.db, (tx) => endOperation(tx, operation.id, ending)));
}

/** The end that goes with an aborted signal: its reason says why. */
export function aborted(signal: AbortSignal): Ending {
  const error: OperationError = signal.reason;
  return { state: error.code === "worker_lost" ? "failed" : "cancelled", error };
}

/** What a machine that was ended on request says of it. */
export const unplugged: MachineEnd = { state: "stopped", reason: null, fault: null, message: "the plug was pulled" };

/** Ends a machine and waits until that is written; the operation ends with it, as `ending` says. */
export async function unplug(parts: CommandParts, operation: Operation, machine: Machine, how: MachineEnd, ending: Ending): Promise<void> {
  const done = machine.perform({
    operationId: operation.id,
    send: null,
    judge: (report) => (report.type === "ended" ? ending : null),
    deadlineMs: parts.deadlines.end + parts.deadlines.answer,
    // From here on there is no way back.
    signal: new AbortController().signal,
  });
  machine.pullPlug(how);
  if ((await done) === "late") await end(parts, operation, failed("deadline_exceeded", "the VM process doesn't end"));
}
