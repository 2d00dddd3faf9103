/** Something a vm boots from: a catalog entry or files that were uploaded. */
import { z } from "zod";
import { id, Name, Time, text } from "./identity.js";
import { page } from "./paging.js";
import { Cmdline } from "./vm.js";

/** `available` is a catalog entry that no host has prepared yet (the first create does it); `pending` waits for uploads; `ready` never changes again. */
export const imageStates = ["available", "pending", "ready"] as const;
export type ImageState = (typeof imageStates)[number];

export const imageKinds = ["linux", "multiboot"] as const;
export type ImageKind = (typeof imageKinds)[number];

export const fileRoles = ["kernel", "initrd", "module"] as const;
export type FileRole = (typeof fileRoles)[number];

/** The files that an image of a kind may have, and those that it has where nothing is said. */
const filesOfKind: Record<ImageKind, { roles: readonly FileRole[]; usual: readonly FileRole[] }> = {
  linux: { roles: ["kernel", "initrd"], usual: ["kernel", "initrd"] },
  multiboot: { roles: ["kernel", "module"], usual: ["kernel"] },
};
export const mostModules = 16;

/** What an image waits for: files by role, and what each of its modules is told. */
export function awaitedFiles({ kind, files, modules }: Pick<ImageCreate, "kind" | "files" | "modules">): {
  roles: FileRole[];
  modules: string[];
} {
  const roles = files ?? filesOfKind[kind].usual;
  return { roles: roles.filter((role) => role !== "module"), modules: modules ?? (roles.includes("module") ? ["module"] : []) };
}

export const ImageFile = z
  .object({
    role: z.enum(fileRoles),
    index: z.int().optional().meta({ description: "Which module, from 0; only with role `module`" }),
    sizeBytes: z.int().nullable().meta({ description: "null until it is there" }),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
  })
  .meta({ id: "ImageFile" });

export const Image = z
  .object({
    id: id("image"),
    name: Name,
    kind: z.enum(imageKinds).meta({
      description:
        "`linux`: a bzImage, by the Linux boot protocol. `multiboot`: by the Multiboot specification 0.6.96; ELF or with address fields, plain or gzip",
    }),
    state: z.enum(imageStates),
    catalog: z.boolean().meta({ description: "For every project; cannot be deleted" }),
    description: z.string(),
    cmdline: z
      .string()
      .meta({ description: "Kernel command line where a vm brings none. A multiboot kernel sees the image's name as a word in front" }),
    modules: z.array(z.string()).meta({ description: "Of kind `multiboot`: what each module is told" }),
    memoryMiB: z.int().meta({ description: "Memory of a vm that does not say" }),
    files: z.array(ImageFile).meta({ description: "The roles it is made of; those without a digest are waited for" }),
    createdAt: Time,
    projectId: id("project"),
  })
  .meta({ id: "Image" });
export type Image = z.infer<typeof Image>;

export const ImagePage = page("ImagePage", Image);

export const ImageCreate = z
  .strictObject({
    name: Name,
    kind: z.enum(imageKinds),
    cmdline: Cmdline.optional(),
    description: text(500).optional(),
    memoryMiB: z.int().min(32).max(2048).optional(),
    files: z
      .array(z.enum(fileRoles))
      .refine((roles) => new Set(roles).size === roles.length, "each role once")
      .refine((roles) => roles.includes("kernel"), "an image needs a kernel")
      .optional()
      .meta({
        description:
          'The roles the image waits for before it is ready: `kernel` and, for kind `linux`, `initrd`, or, for kind `multiboot`, `module` (the same as `modules` of `["module"]`). Default: kernel and initrd for `linux`, the kernel alone for `multiboot`',
      }),
    modules: z
      .array(Cmdline.meta({ description: "Printable ASCII; by custom the first word is the module's name" }))
      .max(mostModules)
      .optional()
      .meta({
        description: "Of kind `multiboot`: what each module is told, in their order. The image waits for as many files of role `module`",
        example: ["ext2fs --readonly", "exec"],
      }),
  })
  .refine(({ kind, files = [] }) => files.every((role) => filesOfKind[kind].roles.includes(role)), {
    path: ["files"],
    message: "not a role of this kind",
  })
  .refine(({ kind, modules }) => modules === undefined || kind === "multiboot", { path: ["modules"], message: "only of kind multiboot" })
  .meta({ id: "ImageCreate" });
export type ImageCreate = z.infer<typeof ImageCreate>;
