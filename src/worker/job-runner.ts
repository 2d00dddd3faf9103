import type { OperationKind } from "../contract/operation.js";
import type { EventFeed } from "../store/feed.js";
import { beginOperation, type Ending, endOperation, type Operation, type OperationError } from "../store/operations.js";
import { commit } from "../store/outbox.js";
import { changeState, lockVm } from "../store/vms.js";
import { pause, reset, resume, shutdown } from "./commands/ask.js";
import { begin } from "./commands/begin.js";
import { type Command, type CommandParts, failed } from "./commands/command.js";
import { remove, stop } from "./commands/leave.js";
import { untilWritten } from "./persistence.js";

const commands: Record<OperationKind, Command> = {
  "vm.create": begin,
  "vm.start": begin,
  "vm.shutdown": shutdown,
  "vm.stop": stop,
  "vm.reset": reset,
  "vm.pause": pause,
  "vm.resume": resume,
  "vm.delete": remove,
};

type VmOperation = Operation & { vmId: string };

/**
 * Carries out operations: those on one vm one after the other in the order of their jobs, those on different vms at the same time. Each ends, whatever happens.
 */
export class JobRunner {
  /** What the next operation on a vm waits for. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly running = new Map<string, AbortController>();
  private readonly taken = new Set<string>();
  private readonly unsubscribe: () => void;

  constructor(
    private readonly parts: CommandParts,
    private readonly hostId: string,
    feed: EventFeed,
  ) {
    this.unsubscribe = feed.subscribe((event) => {
      if (event.type === "operation.cancel_requested") this.running.get(event.subject)?.abort(event.data);
    });
  }

  /** Handles a job. Does nothing for an operation that has ended, or that is being worked on here (its job was taken for lost and given again). */
  async run(operationId: string): Promise<void> {
    if (this.taken.has(operationId)) return;
    this.taken.add(operationId);
    try {
      const operation = await this.parts.db.operation.findUnique({ where: { id: operationId } });
      if (!operation || operation.endedAt) return;
      if (!operation.vmId || !(operation.kind in commands))
        throw new Error(`${operationId} is of no kind that a worker knows: ${operation.kind}`);
      await this.inTurn(operation.vmId, () => this.carryOut(operationId));
    } finally {
      this.taken.delete(operationId);
    }
  }

  /** Ends what is under way with an error: the worker is going. */
  abortAll(error: OperationError): void {
    for (const controller of this.running.values()) controller.abort(error);
  }

  close(): void {
    this.unsubscribe();
  }

  private inTurn(vmId: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(vmId) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    this.turns.set(vmId, settled);
    void settled.then(() => {
      if (this.turns.get(vmId) === settled) this.turns.delete(vmId);
    });
    return turn;
  }

  private async carryOut(operationId: string): Promise<void> {
    const { db, log } = this.parts;
    const controller = new AbortController();
    // Before the row says `running`: from then on a request to cancel is told by an event.
    this.running.set(operationId, controller);
    try {
      // A connection that was lost behind the commit would leave it running, with nobody at it.
      const operation = await untilWritten(db, log, () => beginOperation(db, operationId, this.hostId));
      if (!operation?.vmId) return;
      if (operation.cancelRequestedAt) controller.abort({ code: "superseded", message: "the machine was asked for something else" });
      const { kind, vmId } = operation;
      log.info({ operation: operationId, kind, vm: vmId }, "operation begun");
      try {
        await commands[kind as OperationKind](this.parts, { ...operation, vmId }, controller.signal);
      } catch (error) {
        log.error({ err: error, operation: operationId }, "operation failed unexpectedly");
        await this.giveUp({ ...operation, vmId });
      }
    } finally {
      this.running.delete(operationId);
    }
  }

  /** A defect, or the database was away too long: the operation fails, and the vm's row says what is so. */
  private async giveUp(operation: VmOperation): Promise<void> {
    const { db, log, supervisor } = this.parts;
    const ending: Ending = failed("internal_error", "the worker failed; its log says how");
    await untilWritten(db, log, () =>
      commit(db, async (tx) => {
        const vm = await lockVm(tx, operation.vmId);
        const runs = supervisor.get(operation.vmId) !== undefined;
        if (vm && (vm.state === "creating" || vm.state === "starting") && !runs) {
          await changeState(tx, vm, "error", { desiredState: "stopped", stateReason: "internal_error" });
        }
        if (vm?.state === "stopping") await changeState(tx, vm, runs ? "running" : "stopped");
        await endOperation(tx, operation.id, ending);
      }),
    );
  }
}
