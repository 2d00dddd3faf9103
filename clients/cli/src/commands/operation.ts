/** What was asked for, and what came of it. */
import { type Operation, OperationFailedError, TimeoutError, type Worldswitch } from "@worldswitch/client";
import { command } from "../command.js";
import { print, printList } from "../printing.js";
import { withProgress } from "../progress.js";
import { age, secondsOf } from "../quantities.js";
import { machines } from "../references.js";
import { properties } from "../table.js";

const operationOperand = { name: "OPERATION", kind: "operation" } as const;

const list = command({
  words: ["operation", "list"],
  summary: "list operations, newest first",
  options: {
    vm: { type: "string", value: "VM", summary: "only those about this machine", kind: "vm" },
    state: { type: "string", value: "STATES", summary: "only those in one of these states, separated by commas" },
  },
  async run({ client, values: { vm, state }, signal, ...printing }) {
    const service = await client();
    const about = vm === undefined ? undefined : await vmId(service, vm, signal);
    await printList(printing, service.operations.all({ vm: about, state }, { signal }), {
      KIND: ({ kind }) => kind,
      STATE: (operation) => stateOf(operation),
      VM: ({ resources }) => resources.vm ?? "-",
      AGE: ({ createdAt }) => age(createdAt),
      ID: ({ id }) => id,
      ERROR: ({ error }) => error?.message ?? "",
    });
    return undefined;
  },
});

const show = command({
  words: ["operation", "show"],
  summary: "all that is known of an operation",
  operands: [operationOperand],
  async run({ client, operands: [id], signal, ...printing }) {
    const operation = await (await client()).operations.get(id, { signal });
    print(printing, operation, describe(operation));
    return undefined;
  },
});

const wait = command({
  words: ["operation", "wait"],
  summary: "wait until an operation has ended, and end as it did",
  operands: [operationOperand],
  options: { timeout: { type: "string", value: "TIME", summary: "give up after this time: 90, 15m; default: never" } },
  async run({ client, operands: [id], values, io, signal, json }) {
    const service = await client();
    const operation = await withProgress(io.stderr, (progress) => {
      const onProgress = io.stderr.isTTY ? progress.operation : undefined;
      if (values.timeout === undefined) return service.operations.wait(id, { signal, onProgress });
      const seconds = secondsOf("timeout", values.timeout);
      const late = AbortSignal.timeout(seconds * 1000);
      return service.operations.wait(id, { signal: AbortSignal.any([signal, late]), onProgress }).catch((error: unknown) => {
        if (signal.aborted || !late.aborted) throw error;
        throw new TimeoutError(`${id} has not ended within ${seconds} s`);
      });
    });
    print({ io, json }, operation, `${operation.kind} ${operation.state}\n`);
    if (operation.state !== "succeeded") throw new OperationFailedError(operation);
    return undefined;
  },
});

const cancel = command({
  words: ["operation", "cancel"],
  summary: "cancel an operation that may be cancelled",
  operands: [operationOperand],
  async run({ client, operands: [id], signal, ...printing }) {
    print(printing, await (await client()).operations.cancel(id, { signal }), "");
    return undefined;
  },
});

/** A machine that is gone may still be asked for, by its id. */
async function vmId(client: Worldswitch, reference: string, signal: AbortSignal): Promise<string> {
  if (reference.startsWith("vm_")) return reference;
  const [vm] = await machines(client, [reference], signal);
  return vm.id;
}

function stateOf({ state, progress }: Operation): string {
  return state === "running" && progress !== null ? `${state} ${Math.floor(progress * 100)} %` : state;
}

function describe(operation: Operation): string {
  const { error, step, resources } = operation;
  return properties({
    id: operation.id,
    kind: operation.kind,
    state: stateOf(operation),
    ...(step === null ? {} : { step }),
    ...(error === null ? {} : { error: `${error.code}: ${error.message}` }),
    ...resources,
    created: operation.createdAt,
    started: operation.startedAt ?? "not yet",
    ended: operation.endedAt ?? "not yet",
  });
}

export const operationCommands = [list, show, wait, cancel];
