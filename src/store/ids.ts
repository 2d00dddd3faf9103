import { randomBytes } from "node:crypto";
import { type IdKind, idPrefixes } from "../contract/identity.js";

/** Kinds of rows that have an id which no request or answer ever names. */
const inner = { key: "key_" } as const;

const prefixes: Record<IdKind | keyof typeof inner, string> = { ...idPrefixes, ...inner };
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A new opaque id: the prefix of its kind and 100 random bits, 20 characters. */
export function newId(kind: keyof typeof prefixes): string {
  let id = prefixes[kind];
  for (const byte of randomBytes(20)) id += alphabet[byte & 31];
  return id;
}

/** Rows of the first migration. `system` owns what belongs to the installation: catalog images and hosts. */
export const systemProjectId = "proj_system";
export const defaultProjectId = "proj_default";
