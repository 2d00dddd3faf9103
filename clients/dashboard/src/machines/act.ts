/** Something is done to a machine: what the service answers is shown at once, and what goes wrong is told in the corner. */
import type { Operation, VmData } from "@worldswitch/client";
import { tell } from "../app/notices.js";
import { explain } from "../session/explain.js";
import type { Session } from "../session/session.js";
import type { ActionName } from "./states.js";

const routes = {
  start: "startVm",
  pause: "pauseVm",
  resume: "resumeVm",
  shutdown: "shutdownVm",
  reset: "resetVm",
  stop: "stopVm",
} as const satisfies Record<ActionName, string>;

export async function act({ client, following }: Session, vm: VmData, action: ActionName): Promise<void> {
  try {
    following.operations.put(await client.request(routes[action], { params: { id: vm.id } }));
    following.machines.touch(vm.id);
  } catch (error) {
    tell("bad", `${vm.name}: ${explain(error)}`);
  }
}

/** @throws what the service says */
export async function remove({ client, following }: Session, vm: VmData): Promise<Operation> {
  const operation = await client.request("deleteVm", { params: { id: vm.id } });
  following.operations.put(operation);
  following.machines.touch(vm.id);
  return operation;
}
