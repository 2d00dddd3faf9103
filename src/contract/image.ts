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

/** The files that an image of a kind may have beside its kernel, and those that it has where nothing is said. */
const filesOfKind: Record<ImageKind, { roles: readonly FileRole[]; usual: readonly FileRole[] }> = {
  linux: { roles: ["kernel", "initrd"], usual: ["kernel", "initrd"] },
  multiboot: { roles: ["kernel", "module"], usual: ["kernel"] },
};

/** The roles that an image waits for where its request names none. */
export function usualRoles(kind: ImageKind): FileRole[] {
  return [...filesOfKind[kind].usual];
}

export const ImageFile = z
  .object({
    role: z.enum(fileRoles),
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
          "The roles the image waits for before it is ready: `kernel` and, for kind `linux`, `initrd`, or, for kind `multiboot`, `module`. Default: kernel and initrd for `linux`, the kernel alone for `multiboot`",
      }),
  })
  .refine(({ kind, files = [] }) => files.every((role) => filesOfKind[kind].roles.includes(role)), {
    path: ["files"],
    message: "not a role of this kind",
  })
  .meta({ id: "ImageCreate" });
export type ImageCreate = z.infer<typeof ImageCreate>;
