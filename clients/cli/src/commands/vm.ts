/** Machines: what there is, and what is done to them. */
import type { ActionOptions, Operation, Vm, VmData, Worldswitch } from "@worldswitch/client";
import { command } from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { print, printList } from "../printing.js";
import { withProgress } from "../progress.js";
import { age, secondsOf, wholeNumber } from "../quantities.js";
import { machines } from "../references.js";
import { properties } from "../table.js";
import { UsageError } from "../usage-error.js";

const vmOperand = { name: "VM", kind: "vm" } as const;
export const noWait = { "no-wait": { type: "boolean", summary: "do not wait until it is done" } } as const;

const list = command({
  words: ["vm", "list"],
  summary: "list machines, newest first",
  options: {
    state: { type: "string", value: "STATES", summary: "only those in one of these states, separated by commas" },
    label: { type: "string", value: "KEY[=VALUE]", multiple: true, summary: "only those with this label" },
  },
  async run({ client, values, signal, ...printing }) {
    const service = await client();
    const images = printing.json ? new Map<string, string>() : await imageNames(service, signal);
    const { state, label } = values;
    await printList(
      printing,
      service.vms.all({ state, label }, { signal }),
      {
        NAME: (vm) => vm.name,
        STATE: (vm) => vm.state,
        IMAGE: ({ data }) => images.get(data.image) ?? data.image,
        MEMORY: ({ data }) => `${data.memoryMiB} MiB`,
        AGE: ({ data }) => age(data.createdAt),
        ID: (vm) => vm.id,
      },
      ({ data }) => data,
    );
    return undefined;
  },
});

const show = command({
  words: ["vm", "show"],
  summary: "all that is known of a machine",
  operands: [vmOperand],
  async run({ client, operands, signal, ...printing }) {
    const service = await client();
    const [vm] = await machines(service, operands, signal);
    // An image stays as long as a machine uses it.
    const { name } = printing.json ? { name: "" } : await service.images.get(vm.data.image, { signal });
    print(printing, vm.data, describe(vm.data, name));
    return undefined;
  },
});

const create = command({
  words: ["vm", "create"],
  summary: "create a machine, and start it",
  operands: [{ name: "IMAGE", kind: "image" }],
  options: {
    name: { type: "string", value: "NAME", summary: "default: one is made up" },
    memory: { type: "string", value: "MIB", summary: "32 to 2048; default: what the image asks for, else 128" },
    cmdline: { type: "string", value: "WORDS", summary: "for the kernel, instead of the image's" },
    label: { type: "string", value: "KEY=VALUE", multiple: true, summary: "a label of your own" },
    ttl: { type: "string", value: "TIME", summary: "delete it by itself after this time: 90, 15m, 2h, 7d" },
    "no-start": { type: "boolean", summary: "only create it" },
    ...noWait,
  },
  async run({ client, operands: [image], values, io, signal, json }) {
    const { name, cmdline, memory, ttl } = values;
    const fields = {
      image,
      name,
      cmdline,
      memoryMiB: wholeNumber("memory", memory),
      ttlSeconds: secondsOf("ttl", ttl),
      labels: labels(values.label ?? []),
      start: !values["no-start"],
    };
    const service = await client();
    const vm = await withProgress(io.stderr, ({ operation }) =>
      service.vms.create(fields, following(values["no-wait"], operation, io, signal)),
    );
    print({ io, json }, vm.data, `${vm.name} ${vm.state} ${vm.id}\n`);
    return undefined;
  },
});

interface Action {
  word: string;
  summary: string;
  act(vm: Vm, options: ActionOptions): Promise<Operation>;
}

const actions: Action[] = [
  { word: "start", summary: "start machines", act: (vm, options) => vm.start(options) },
  { word: "stop", summary: "pull the plug", act: (vm, options) => vm.stop(options) },
  { word: "shutdown", summary: "ask guests to shut down", act: (vm, options) => vm.shutdown(options) },
  { word: "reset", summary: "press the reset button", act: (vm, options) => vm.reset(options) },
  { word: "pause", summary: "hold machines still", act: (vm, options) => vm.pause(options) },
  { word: "resume", summary: "let paused machines run on", act: (vm, options) => vm.resume(options) },
  { word: "delete", summary: "delete machines, in whatever state they are", act: (vm, options) => vm.delete(options) },
];

/** All at once; what fails for one machine is said at the end, when the others are done. */
function actionCommand({ word, summary, act }: Action) {
  return command({
    words: ["vm", word],
    summary,
    operands: [{ ...vmOperand, many: true }],
    options: noWait,
    async run({ client, operands, values, io, signal, json }) {
      const found = await machines(await client(), operands, signal);
      const outcomes = await withProgress(io.stderr, ({ operation }) =>
        Promise.allSettled(found.map((vm) => act(vm, following(values["no-wait"], operation, io, signal)))),
      );
      const done = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      if (json) print({ io, json }, done, "");
      const failed = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
      if (failed.length === 0) return exitCodes.done;
      for (const error of failed.slice(1)) io.stderr.write(`worldswitch: ${error instanceof Error ? error.message : String(error)}\n`);
      throw failed[0];
    },
  });
}

/** Progress is only asked for where somebody sees it: it takes a request a second. */
export function following(
  noWaiting: boolean | undefined,
  onProgress: (operation: Operation) => void,
  io: { stderr: { isTTY?: boolean } },
  signal: AbortSignal,
): ActionOptions {
  return { wait: !noWaiting, signal, ...(io.stderr.isTTY ? { onProgress } : {}) };
}

async function imageNames(client: Worldswitch, signal: AbortSignal): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for await (const { id, name } of client.images.all({}, { signal })) names.set(id, name);
  return names;
}

function labels(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((label) => {
      const at = label.indexOf("=");
      if (at < 1) throw new UsageError(`--label is KEY=VALUE, and not ${JSON.stringify(label)}`);
      return [label.slice(0, at), label.slice(at + 1)];
    }),
  );
}

function describe(vm: VmData, image: string): string {
  const { fault, labels: own, stateReason } = vm;
  return properties({
    name: vm.name,
    id: vm.id,
    state: stateReason === null ? vm.state : `${vm.state} (${stateReason})`,
    ...(fault === null ? {} : { fault: `${fault.code}: ${fault.message}` }),
    image,
    memory: `${vm.memoryMiB} MiB`,
    ...(vm.cmdline === null ? {} : { cmdline: vm.cmdline }),
    labels:
      Object.entries(own)
        .map(([key, value]) => `${key}=${value}`)
        .join(", ") || "none",
    host: vm.host ?? "none yet",
    starts: String(vm.generation),
    created: vm.createdAt,
    started: vm.startedAt ?? "never",
    ...(vm.expiresAt === null ? {} : { expires: vm.expiresAt }),
  });
}

export const vmCommands = [list, show, create, ...actions.map(actionCommand)];
