/** What names things: ids with a prefix, names, labels, times. */
import { z } from "zod";

export const idPrefixes = {
  vm: "vm_",
  operation: "op_",
  image: "img_",
  event: "evt_",
  host: "host_",
  project: "proj_",
  token: "tok_",
  webhook: "hook_",
  delivery: "dlv_",
} as const;
export type IdKind = keyof typeof idPrefixes;

/** An opaque id. Only the prefix means something. */
export function id(kind: IdKind) {
  const prefix = idPrefixes[kind];
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-9A-Za-z]{1,40}$`))
    .meta({ description: `Opaque id, begins with \`${prefix}\`` });
}

const namePattern = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;

export const Name = z
  .string()
  .regex(namePattern, "1 to 63 of a-z, 0-9, dot, underscore and hyphen, beginning and ending with a letter or digit")
  .meta({ description: "1 to 63 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit", example: "build-7" });

/** A path segment that can name a resource at all. What does not match names nothing, and is answered as a resource that does not exist. */
export function mayBeReference(text: string): boolean {
  return /^[0-9A-Za-z._-]{1,80}$/.test(text);
}

/** One line that the database can hold: no control characters, no halves of surrogate pairs. */
export function text(longest: number) {
  return z
    .string()
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "no control characters");
}

export const Time = z.iso.datetime().meta({ description: "RFC 3339, UTC" });

const labelKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, "1 to 63 of A-Z, a-z, 0-9, dot, underscore, slash and hyphen");
const labelValue = text(255);

export const Labels = z
  .record(labelKey, labelValue)
  .refine((labels) => Object.keys(labels).length <= 32, "at most 32 labels")
  .meta({ id: "Labels", description: "Up to 32 labels of your own", example: { team: "lab" } });
export type Labels = z.infer<typeof Labels>;
