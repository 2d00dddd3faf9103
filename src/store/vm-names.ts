/** What people call a machine: its name and its labels, which change without the machine noticing. */
import type { Database } from "./database.js";
import type { Vm } from "./generated/client.js";
import { commit } from "./outbox.js";
import { lockVm } from "./vms.js";

export type NamingOutcome =
  | { outcome: "changed"; vm: Vm }
  | { outcome: "not_found" }
  | { outcome: "deleting" }
  /** `ifVersion` was given and the row has changed. */
  | { outcome: "precondition_failed"; version: number };

export function nameVm(
  db: Database,
  projectId: string,
  id: string,
  changes: { name?: string; labels?: Record<string, string> },
  options: { ifVersion?: number } = {},
): Promise<NamingOutcome> {
  return commit(db, async (tx) => {
    const vm = await lockVm(tx, id);
    if (vm === null || vm.projectId !== projectId) return { outcome: "not_found" };
    if (options.ifVersion !== undefined && options.ifVersion !== vm.version) return { outcome: "precondition_failed", version: vm.version };
    if (vm.state === "deleting") return { outcome: "deleting" };
    const changed = await tx.rows.vm.update({ where: { id }, data: { ...changes, version: { increment: 1 } } });
    tx.record({ projectId, type: "vm.updated", subject: id, data: { name: changed.name, labels: changed.labels ?? {} } });
    return { outcome: "changed", vm: changed };
  });
}
