/** Images of the server. Those that it offers are listed too; `worldswitch images` is about this host's own. */
import { basename } from "node:path";
import type { FileRole, Image, ImageCreate, Worldswitch } from "@worldswitch/client";
import { command } from "../command.js";
import { openFile } from "../file.js";
import { print, printList } from "../printing.js";
import { type Progress, withProgress } from "../progress.js";
import { bytes, wholeNumber } from "../quantities.js";
import { properties } from "../table.js";
import { UsageError } from "../usage-error.js";

const imageOperand = { name: "IMAGE", kind: "image" } as const;

const list = command({
  words: ["image", "list"],
  summary: "list images: the catalog's and your own",
  async run({ client, signal, ...printing }) {
    await printList(printing, (await client()).images.all({}, { signal }), {
      NAME: ({ name }) => name,
      KIND: ({ kind }) => kind,
      STATE: ({ state }) => state,
      MEMORY: ({ memoryMiB }) => `${memoryMiB} MiB`,
      FROM: ({ catalog }) => (catalog ? "catalog" : "upload"),
      DESCRIPTION: ({ description }) => description,
    });
    return undefined;
  },
});

const show = command({
  words: ["image", "show"],
  summary: "all that is known of an image",
  operands: [imageOperand],
  async run({ client, operands: [reference], signal, ...printing }) {
    const image = await (await client()).images.get(reference, { signal });
    print(printing, image, describe(image));
    return undefined;
  },
});

const add = command({
  words: ["image", "add"],
  summary: "upload an image",
  operands: [{ name: "NAME", kind: "text" }],
  options: {
    kernel: { type: "string", value: "FILE", summary: "a bzImage; --initrd goes with it", kind: "file" },
    initrd: { type: "string", value: "FILE", summary: "its initial RAM disk", kind: "file" },
    multiboot: { type: "string", value: "FILE", summary: "instead: a Multiboot kernel", kind: "file" },
    module: { type: "string", value: '"FILE WORDS"', multiple: true, summary: "a module of it, and what it is told" },
    cmdline: { type: "string", value: "WORDS", summary: "for the kernel, where a machine brings none" },
    memory: { type: "string", value: "MIB", summary: "of a machine that does not say" },
    description: { type: "string", value: "TEXT", summary: "for people" },
  },
  details: "If a file does not arrive, the image is taken back.",
  async run({ client, operands: [name], values, io, signal, json }) {
    const { cmdline, description, memory } = values;
    const files = filesOf(values);
    // Before anything is announced.
    const sources = await Promise.all(files.map(async (file) => ({ ...file, ...(await openFile(file.path)) })));
    const service = await client();
    const announced = await service.images.create(
      {
        name,
        ...kindOf(values),
        cmdline,
        description,
        memoryMiB: wholeNumber("memory", memory),
      },
      { signal },
    );
    let image = announced;
    try {
      await withProgress(io.stderr, async (progress) => {
        for (const file of sources) image = await send(service, announced, file, progress, signal);
      });
    } catch (error) {
      await service.images.delete(announced.id).catch(() => {});
      throw error;
    }
    print({ io, json }, image, `${image.name} ${image.state} ${image.id}\n`);
    return undefined;
  },
});

const remove = command({
  words: ["image", "delete"],
  summary: "delete an image that no machine uses",
  operands: [imageOperand],
  async run({ client, operands: [reference], signal }) {
    await (await client()).images.delete(reference, { signal });
    return undefined;
  },
});

interface FileValues {
  kernel?: string;
  initrd?: string;
  multiboot?: string;
  module?: string[];
}

interface FileToSend {
  role: FileRole;
  index: number;
  path: string;
}

/** @throws UsageError */
function filesOf({ kernel, initrd, multiboot, module: modules = [] }: FileValues): FileToSend[] {
  if ((kernel === undefined) === (multiboot === undefined)) throw new UsageError("give one of --kernel and --multiboot");
  if (initrd !== undefined && kernel === undefined) throw new UsageError("--initrd goes with --kernel");
  if (modules.length > 0 && multiboot === undefined) throw new UsageError("--module goes with --multiboot");
  return [
    { role: "kernel", index: 0, path: kernel ?? multiboot ?? "" },
    ...(initrd === undefined ? [] : [{ role: "initrd" as const, index: 0, path: initrd }]),
    ...modules.map((words, index) => ({ role: "module" as const, index, path: words.split(" ")[0] })),
  ];
}

function kindOf({ initrd, multiboot, module: modules = [] }: FileValues): Pick<ImageCreate, "kind" | "files" | "modules"> {
  if (multiboot !== undefined) return { kind: "multiboot", modules };
  return { kind: "linux", files: initrd === undefined ? ["kernel"] : ["kernel", "initrd"] };
}

async function send(
  client: Worldswitch,
  { id }: Image,
  { role, index, path, source, sha256 }: FileToSend & Awaited<ReturnType<typeof openFile>>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Image> {
  return client.images.upload(id, role, source, { index, sha256, signal, onProgress: progress.upload(basename(path)) });
}

function describe(image: Image): string {
  const files = image.files.map(({ role, index, sizeBytes, sha256 }) => [
    index === undefined ? role : `${role} ${index}`,
    sizeBytes === null ? "not there yet" : `${bytes(sizeBytes)}, sha256 ${sha256}`,
  ]);
  return properties({
    name: image.name,
    id: image.id,
    kind: image.kind,
    state: image.state,
    from: image.catalog ? "catalog" : "upload",
    memory: `${image.memoryMiB} MiB`,
    cmdline: image.cmdline,
    description: image.description,
    created: image.createdAt,
    ...Object.fromEntries(files),
  });
}

export const imageCommands = [list, show, add, remove];
