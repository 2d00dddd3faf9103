/** pause, resume, reset and shutdown: a message to a running machine, and its answer. */

import { endOperation } from "../../store/operations.js";
import { commit } from "../../store/outbox.js";
import { changeState, lockVm } from "../../store/vms.js";
import type { ToVm } from "../../vmx/protocol.js";
import { untilWritten } from "../persistence.js";
import type { Judge } from "../report.js";
import { aborted, type Command, end, failed, failedBy, succeeded, unplugged } from "./command.js";

/** A request that is fulfilled by one kind of report, and fails if the machine ends instead. */
function ask(send: ToVm, fulfilled: Judge): Command {
  return async (parts, operation, signal) => {
    const machine = parts.supervisor.get(operation.vmId);
    if (!machine) return void (await end(parts, operation, failed("vm_state_conflict", "the machine doesn't run")));
    const outcome = await machine.perform({
      operationId: operation.id,
      send,
      judge: (report) => (report.type === "ended" ? failedBy(report.end) : fulfilled(report)),
      deadlineMs: parts.deadlines.answer,
      signal,
    });
    if (outcome === "aborted") await end(parts, operation, aborted(signal));
    if (outcome === "late") await end(parts, operation, failed("deadline_exceeded", "the machine doesn't answer"));
  };
}

export const pause = ask({ type: "pause" }, (report) => (report.type === "paused" ? succeeded : null));
export const resume = ask({ type: "resume" }, (report) => (report.type === "resumed" ? succeeded : null));
export const reset = ask({ type: "reset" }, (report) => (report.type === "reset" && report.cause === "request" ? succeeded : null));

/**
 * The guest is asked, and follows by powering off, or by a reset of its own (what Ctrl-Alt-Del leads to in many systems): then the plug is pulled before it
 * boots again.
 */
export const shutdown: Command = async (parts, operation, signal) => {
  const machine = parts.supervisor.get(operation.vmId);
  if (!machine) return void (await end(parts, operation, succeeded));
  const outcome = await machine.perform({
    operationId: operation.id,
    send: { type: "shutdown" },
    judge: (report) => (report.type !== "ended" ? null : report.end.state === "stopped" ? succeeded : failedBy(report.end)),
    react: (report) => {
      if (report.type === "reset" && report.cause !== "request") machine.pullPlug({ ...unplugged, message: "the guest shut down" });
    },
    deadlineMs: parts.deadlines.shutdown,
    signal,
  });
  if (outcome === "aborted") await end(parts, operation, aborted(signal));
  if (outcome === "late") {
    const ending = failed("guest_did_not_stop", "the guest was asked to shut down, and runs on");
    await untilWritten(parts.db, parts.log, () =>
      commit(parts.db, async (tx) => {
        const vm = await lockVm(tx, operation.vmId);
        if (vm?.state === "stopping") await changeState(tx, vm, "running", { desiredState: "running" });
        await endOperation(tx, operation.id, ending);
      }),
    );
  }
};
