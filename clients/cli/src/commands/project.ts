/** Projects, and how much of an installation each may have. */
import type { Project, Quota } from "@worldswitch/client";
import { command } from "../command.js";
import { print, printList } from "../printing.js";
import { age, wholeNumber } from "../quantities.js";
import { projectId } from "../references.js";
import { properties } from "../table.js";

const projectOperand = { name: "PROJECT", kind: "project" } as const;
const quotas = {
  machines: { type: "string", value: "COUNT", summary: "most machines" },
  memory: { type: "string", value: "MIB", summary: "most memory of all its machines" },
  disk: { type: "string", value: "MIB", summary: "most room for the files of its images" },
} as const;

const list = command({
  words: ["project", "list"],
  summary: "list projects",
  async run({ client, signal, ...printing }) {
    await printList(printing, (await client()).projects.all({}, { signal }), {
      NAME: ({ name }) => name,
      AGE: ({ createdAt }) => age(createdAt),
      QUOTA: ({ quota }) => quotaText(quota),
      ID: ({ id }) => id,
    });
    return undefined;
  },
});

const show = command({
  words: ["project", "show"],
  summary: "all that is known of a project",
  operands: [projectOperand],
  async run({ client, operands: [reference], signal, ...printing }) {
    const service = await client();
    const project = await service.projects.get(await projectId(service, reference, signal), { signal });
    print(printing, project, describe(project));
    return undefined;
  },
});

const create = command({
  words: ["project", "create"],
  summary: "create a project",
  operands: [{ name: "NAME", kind: "text" }],
  options: quotas,
  async run({ client, operands: [name], values, signal, ...printing }) {
    const project = await (await client()).projects.create({ name, quota: quotaOf(values) }, { signal });
    print(printing, project, `${project.name} ${project.id}\n`);
    return undefined;
  },
});

const update = command({
  words: ["project", "update"],
  summary: "give a project another quota; what is not said goes back to the installation's own",
  operands: [projectOperand],
  options: quotas,
  async run({ client, operands: [reference], values, signal, ...printing }) {
    const service = await client();
    const project = await service.projects.update(await projectId(service, reference, signal), { quota: quotaOf(values) }, { signal });
    print(printing, project, describe(project));
    return undefined;
  },
});

const remove = command({
  words: ["project", "delete"],
  summary: "delete a project that holds no machines and no images",
  operands: [projectOperand],
  async run({ client, operands: [reference], signal }) {
    const service = await client();
    await service.projects.delete(await projectId(service, reference, signal), { signal });
    return undefined;
  },
});

/** @throws UsageError */
function quotaOf({ machines, memory, disk }: { machines?: string; memory?: string; disk?: string }): Quota {
  return {
    machines: wholeNumber("machines", machines),
    memoryMiB: wholeNumber("memory", memory),
    diskMiB: wholeNumber("disk", disk),
  };
}

function quotaText({ machines, memoryMiB, diskMiB }: Quota): string {
  const parts = [
    ...(machines === undefined ? [] : [`${machines} machines`]),
    ...(memoryMiB === undefined ? [] : [`${memoryMiB} MiB memory`]),
    ...(diskMiB === undefined ? [] : [`${diskMiB} MiB disk`]),
  ];
  return parts.join(", ") || "the installation's";
}

function describe(project: Project): string {
  return properties({ name: project.name, id: project.id, quota: quotaText(project.quota), created: project.createdAt });
}

export const projectCommands = [list, show, create, update, remove];
