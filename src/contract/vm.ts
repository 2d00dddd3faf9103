/** A virtual machine: the resource, and the requests that make and change it. */
import { z } from "zod";
import { id, Labels, Name, Time, text } from "./identity.js";
import { page } from "./paging.js";
import { desiredStates, vmStates } from "./vm-states.js";

export const GuestFault = z
  .object({
    code: z.string().meta({ example: "unsupported_instruction" }),
    message: z.string(),
    context: z.record(z.string(), z.string()).optional().meta({ description: "Guest state worth showing, hexadecimal" }),
  })
  .meta({ id: "GuestFault", description: "What the monitor could not do faithfully" });

export const Vm = z
  .object({
    id: id("vm"),
    name: Name,
    state: z.enum(vmStates),
    desiredState: z.enum(desiredStates),
    stateReason: z.string().nullable().meta({ description: "Why it is in this state, where that is not plain", example: "halted" }),
    fault: GuestFault.nullable(),
    image: id("image"),
    memoryMiB: z.int(),
    cmdline: z.string().nullable().meta({ description: "Words for the kernel instead of the image's" }),
    labels: Labels,
    host: id("host").nullable(),
    generation: z.int().meta({ description: "Counts starts" }),
    createdAt: Time,
    startedAt: Time.nullable(),
    expiresAt: Time.nullable(),
    projectId: id("project"),
  })
  .meta({ id: "Vm" });
export type Vm = z.infer<typeof Vm>;

export const VmPage = page("VmPage", Vm);

/** Printable ASCII, as the Linux boot protocol can take it. */
export const Cmdline = z
  .string()
  .max(2047)
  .regex(/^[\x20-\x7e]*$/, "printable ASCII only")
  .meta({ description: "Kernel command line, printable ASCII", example: "console=ttyS0 panic=1" });

export const VmCreate = z
  .strictObject({
    name: Name.optional(),
    image: text(80).meta({ description: "Id or name of an image", example: "debian-mini" }),
    memoryMiB: z.int().min(32).max(2048).optional().meta({ description: "Guest memory; default: what the image asks for, else 128" }),
    cmdline: Cmdline.optional(),
    labels: Labels.optional(),
    start: z.boolean().default(true),
    ttlSeconds: z
      .int()
      .min(1)
      .max(30 * 86400)
      .optional()
      .meta({ description: "The machine is deleted by itself after this time" }),
  })
  .meta({ id: "VmCreate" });
export type VmCreate = z.infer<typeof VmCreate>;

export const VmPatch = z.strictObject({ name: Name.optional(), labels: Labels.optional() }).meta({ id: "VmPatch" });
export type VmPatch = z.infer<typeof VmPatch>;

/** What `wait` answers: the vm, or where it went meanwhile. */
export const VmGone = z.object({ id: id("vm"), state: z.literal("deleted") }).meta({ id: "VmGone" });
export const VmOrGone = z.union([Vm, VmGone]).meta({ id: "VmOrGone" });
