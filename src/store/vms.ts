/** The one way a vm row changes its state: checked against the contract's table, versioned, told by an event in the same transaction. */
import { mayFollow, type VmState } from "../contract/vm-states.js";
import { Prisma, type Vm } from "./generated/client.js";
import type { Transaction } from "./outbox.js";

export type { Vm };

/** A whole row as Prisma gives it, for queries that Prisma cannot write. */
export const vmColumns = Prisma.sql`id, project_id AS "projectId", name, state::text, desired_state::text AS "desiredState",
  state_reason AS "stateReason", fault, image_id AS "imageId", memory_mib AS "memoryMiB", cmdline, labels, host_id AS "hostId",
  generation, version, created_at AS "createdAt", started_at AS "startedAt", expires_at AS "expiresAt"`;

/** Takes the row for the rest of the transaction; null when there is none. */
export async function lockVm(tx: Transaction, id: string): Promise<Vm | null> {
  const [vm] = await tx.rows.$queryRaw<Vm[]>`
    SELECT ${vmColumns} FROM vm WHERE id = ${id} FOR NO KEY UPDATE`;
  return vm ?? null;
}

/** Fields that go with a change of state. `stateReason` and `fault` are cleared unless given. */
export type StateFields = Pick<
  Prisma.VmUncheckedUpdateInput,
  "desiredState" | "stateReason" | "fault" | "generation" | "hostId" | "startedAt"
>;

/** A change of state that the contract's table doesn't know: a defect in this service, never a user's mistake. */
export class IllegalTransition extends Error {
  constructor(vm: Vm, to: VmState) {
    super(`${vm.id} cannot go from ${vm.state} to ${to}`);
    this.name = "IllegalTransition";
  }
}

/** Changes the state of a locked row. Staying in a state is no transition, and allowed. */
export async function changeState(tx: Transaction, vm: Vm, state: VmState, fields: StateFields = {}): Promise<Vm> {
  if (state !== vm.state && !mayFollow(vm.state, state)) throw new IllegalTransition(vm, state);
  const changed = await tx.rows.vm.update({
    where: { id: vm.id },
    data: { stateReason: null, fault: Prisma.DbNull, ...fields, state, version: { increment: 1 } },
  });
  tx.record({
    projectId: vm.projectId,
    type: "vm.state",
    subject: vm.id,
    data: {
      state,
      from: vm.state,
      reason: changed.stateReason,
      generation: changed.generation,
      desiredState: changed.desiredState,
    },
  });
  return changed;
}

/** Deletes a locked row. Its operations stay. */
export async function deleteVm(tx: Transaction, vm: Vm): Promise<void> {
  await tx.rows.vm.delete({ where: { id: vm.id } });
  tx.record({ projectId: vm.projectId, type: "vm.deleted", subject: vm.id, data: { name: vm.name } });
}
