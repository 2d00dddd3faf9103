/** Something a vm boots from: a catalog entry or files that were uploaded. */
import { z } from "zod";
import { id, Name, Time, text } from "./identity.js";
import { page } from "./paging.js";
import { Cmdline } from "./vm.js";

/** `available` is a catalog entry that no host has prepared yet (the first create does it); `pending` waits for uploads; `ready` never changes again. */
export const imageStates = ["available", "pending", "ready"] as const;
export type ImageState = (typeof imageStates)[number];

export const imageKinds = ["linux"] as const;
export type ImageKind = (typeof imageKinds)[number];

export const fileRoles = ["kernel", "initrd"] as const;
export type FileRole = (typeof fileRoles)[number];

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
    kind: z.enum(imageKinds),
    state: z.enum(imageStates),
    catalog: z.boolean().meta({ description: "For every project; cannot be deleted" }),
    description: z.string(),
    cmdline: z.string().meta({ description: "Kernel command line where a vm brings none" }),
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
      .refine((roles) => roles.includes("kernel"), "a linux image needs a kernel")
      .default(["kernel", "initrd"])
      .meta({ description: 'The roles the image waits for before it is ready; say `["kernel"]` where there is no initrd' }),
  })
  .meta({ id: "ImageCreate" });
export type ImageCreate = z.infer<typeof ImageCreate>;
