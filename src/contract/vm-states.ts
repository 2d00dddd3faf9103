/**
 * The state machine of a vm: which states there are, which action is allowed in which, and which state may follow which.
 * Server, worker and tests read this one table; `api/openapi.json` carries it as `x-state-table`.
 */

export const vmStates = ["creating", "stopped", "starting", "running", "paused", "suspended", "stopping", "error", "deleting"] as const;
export type VmState = (typeof vmStates)[number];

export const vmActions = ["start", "shutdown", "stop", "reset", "pause", "resume", "delete"] as const;
export type VmAction = (typeof vmActions)[number];

/** What a vm should come to by itself after a crash of anything; an action changes it in the commit that accepts it. */
export const desiredStates = ["running", "stopped", "paused", "suspended", "deleted"] as const;
export type DesiredState = (typeof desiredStates)[number];

/** Kinds of operation that are about one vm. */
export type VmOperationKind = "vm.create" | `vm.${VmAction}`;

/**
 * What an action means in a state when no operation is under way on the vm:
 * `accept` a new operation, `holds` already (answered by an operation that has succeeded), or `conflict` (409 vm_state_conflict).
 */
export type ActionRule = "accept" | "holds" | "conflict";

const conflict = "conflict";
const accept = "accept";
const holds = "holds";

/**
 * One row per action, one column per state. While `creating`, `starting`, `stopping` or `deleting` an operation is under way, see {@link decide}; there is none where it
 * failed because of the host or the worker, and then `stop` and `delete` are the way out.
 */
export const actionTable: Readonly<Record<VmAction, Readonly<Record<VmState, ActionRule>>>> = {
  start: row(conflict, accept, conflict, holds, conflict, accept, conflict, accept, conflict),
  shutdown: row(conflict, holds, conflict, accept, conflict, conflict, conflict, conflict, conflict),
  stop: row(conflict, holds, accept, accept, accept, accept, accept, accept, conflict),
  reset: row(conflict, conflict, conflict, accept, conflict, conflict, conflict, conflict, conflict),
  pause: row(conflict, conflict, conflict, accept, holds, conflict, conflict, conflict, conflict),
  resume: row(conflict, conflict, conflict, holds, accept, accept, conflict, conflict, conflict),
  delete: row(accept, accept, accept, accept, accept, accept, accept, accept, accept),
};

function row(...rules: [ActionRule, ActionRule, ActionRule, ActionRule, ActionRule, ActionRule, ActionRule, ActionRule, ActionRule]) {
  return Object.fromEntries(vmStates.map((state, i) => [state, rules[i]])) as Record<VmState, ActionRule>;
}

/** State a vm takes in the commit that accepts the action; absent where it keeps its state until the VM process has done it. */
export const stateOnAccept: Readonly<Partial<Record<VmAction, VmState>>> = {
  start: "starting",
  shutdown: "stopping",
  stop: "stopping",
  delete: "deleting",
};

/** Desired state set in the commit that accepts the action; absent where it stays. */
export const desiredOnAccept: Readonly<Partial<Record<VmAction, DesiredState>>> = {
  start: "running",
  shutdown: "stopped",
  stop: "stopped",
  pause: "paused",
  resume: "running",
  delete: "deleted",
};

/** Actions that overrule an operation under way instead of conflicting with it: the plug can always be pulled. */
const overruling: readonly VmAction[] = ["stop", "delete"];

export type Decision = "accept" | "holds" | "join" | "conflict";

/** The operation under way on a vm. `desired` is the vm's desired state: a create with `start: true` joins a start. */
export interface UnderWay {
  kind: VmOperationKind;
  desired: DesiredState;
}

/**
 * What becomes of `action` on a vm in `state`. `join`: the operation under way is the answer.
 * While another operation is under way only `stop` and `delete` are accepted, where the table accepts them.
 */
export function decide(action: VmAction, state: VmState, underWay: UnderWay | null): Decision {
  if (underWay !== null) {
    if (underWay.kind === `vm.${action}`) return "join";
    if (action === "start" && underWay.kind === "vm.create" && underWay.desired === "running") return "join";
    return overruling.includes(action) && actionTable[action][state] === "accept" ? "accept" : "conflict";
  }
  return actionTable[action][state];
}

/**
 * Which state may follow which. `deleting` ends with the row gone. Anything may become `error` or `deleting`, except that `deleting` is never left.
 * A running machine becomes `stopped` or `error` by itself: the guest powers off, faults, or its VM process is lost.
 */
export const transitions: Readonly<Record<VmState, readonly VmState[]>> = {
  creating: ["starting", "running", "stopped", "error", "deleting"],
  stopped: ["starting", "error", "deleting"],
  starting: ["running", "stopping", "stopped", "error", "deleting"],
  running: ["paused", "suspended", "stopping", "stopped", "starting", "error", "deleting"],
  paused: ["running", "suspended", "stopping", "stopped", "starting", "error", "deleting"],
  suspended: ["starting", "running", "stopping", "stopped", "error", "deleting"],
  stopping: ["stopped", "running", "starting", "error", "deleting"],
  error: ["starting", "stopping", "stopped", "deleting"],
  deleting: [],
};

export function mayFollow(from: VmState, to: VmState): boolean {
  return transitions[from].includes(to);
}
