/** What a machine reports, and what becomes of its vm row. */
import { Prisma } from "../store/generated/client.js";
import type { Ending } from "../store/operations.js";
import type { Transaction } from "../store/outbox.js";
import { changeState, type Vm } from "../store/vms.js";
import type { FromVm } from "../vmx/protocol.js";
import type { GuestFault } from "../vmx/spec.js";
import type { Exit } from "./vm-process.js";

/** How a machine ended. `reason` becomes the vm's `stateReason`. */
export interface MachineEnd {
  state: "stopped" | "error";
  reason: string | null;
  fault: GuestFault | null;
  /** For people. */
  message: string;
}

export type Report =
  | { type: "started" | "paused" | "resumed" }
  | { type: "reset"; cause: Extract<FromVm, { type: "reset" }>["cause"] }
  | { type: "ended"; end: MachineEnd };

/** What the operation under way makes of a report: how it ends, or null to wait on. */
export type Judge = (report: Report) => Ending | null;

type Stopped = Extract<FromVm, { type: "stopped" }>;

/** The end of a machine, from its last message, if there was one, and its exit. */
export function endOf(stopped: Stopped | null, exit: Exit): MachineEnd {
  if (stopped === null) {
    const how = exit.signal ? `by ${exit.signal}` : exit.code === null ? "before it began" : `with exit code ${exit.code}`;
    return { state: "error", reason: "vm_process_lost", fault: null, message: `the VM process ended ${how}` };
  }
  if (stopped.reason === "fault") {
    const fault = stopped.fault ?? { code: "internal_error", message: "the monitor gave no reason" };
    return { state: "error", reason: "guest_fault", fault, message: fault.message };
  }
  const reason = stopped.reason === "stopped" ? null : stopped.reason;
  return { state: "stopped", reason, fault: null, message: `the guest ended (${stopped.reason})` };
}

/** Writes a report of the row's own generation. What doesn't fit the row (it is being deleted, say) changes nothing. */
export async function applyReport(tx: Transaction, vm: Vm, report: Report): Promise<void> {
  switch (report.type) {
    case "started":
      if (vm.state === "creating" || vm.state === "starting") {
        // Why it was started (`worker_lost` after a crash) stays readable.
        await changeState(tx, vm, "running", { startedAt: new Date(), stateReason: vm.stateReason });
      }
      return;
    case "paused":
      if (vm.state === "running") await changeState(tx, vm, "paused");
      return;
    case "resumed":
      if (vm.state === "paused") await changeState(tx, vm, "running");
      return;
    case "reset":
      tx.record({ projectId: vm.projectId, type: "vm.reset", subject: vm.id, data: { cause: report.cause, generation: vm.generation } });
      return;
    case "ended": {
      if (vm.state === "deleting" || vm.state === "stopped" || vm.state === "error") return;
      const { state, reason, fault } = report.end;
      await changeState(tx, vm, state, { desiredState: "stopped", stateReason: reason, fault: fault ? asJson(fault) : Prisma.DbNull });
      return;
    }
  }
}

const asJson = (fault: GuestFault): Prisma.InputJsonObject => ({
  code: fault.code,
  message: fault.message,
  ...(fault.context ? { context: fault.context } : {}),
});
