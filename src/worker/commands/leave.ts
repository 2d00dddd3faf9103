/** stop and delete: whatever the machine does, it ends. */
import { endOperation } from "../../store/operations.js";
import { commit } from "../../store/outbox.js";
import { changeState, deleteVm, lockVm } from "../../store/vms.js";
import { untilWritten } from "../persistence.js";
import { type Command, succeeded, unplug, unplugged } from "./command.js";

export const stop: Command = async (parts, operation) => {
  const machine = parts.supervisor.get(operation.vmId);
  if (machine) return unplug(parts, operation, machine, unplugged, succeeded);
  await untilWritten(parts.db, parts.log, () =>
    commit(parts.db, async (tx) => {
      const vm = await lockVm(tx, operation.vmId);
      if (vm && vm.state !== "stopped" && vm.state !== "deleting") await changeState(tx, vm, "stopped", { desiredState: "stopped" });
      await endOperation(tx, operation.id, succeeded);
    }),
  );
};

/** Named for what it does to the vm: process, scrollback, statistics and row go. */
export const remove: Command = async (parts, operation) => {
  const machine = parts.supervisor.get(operation.vmId);
  if (machine) {
    machine.pullPlug(unplugged);
    await machine.ended;
  }
  await untilWritten(parts.db, parts.log, () =>
    commit(parts.db, async (tx) => {
      const vm = await lockVm(tx, operation.vmId);
      if (vm) await deleteVm(tx, vm);
      await endOperation(tx, operation.id, succeeded);
    }),
  );
  parts.history.forget(operation.vmId);
  // After the row: should this fail, only a file nobody can name is left.
  await parts.consoles.remove(operation.vmId).catch((error) => parts.log.error({ err: error }, "scrollback not removed"));
};
