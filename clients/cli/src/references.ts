/** Names wherever ids do. */
import type { Token, Vm, Worldswitch } from "@worldswitch/client";
import { UsageError } from "./usage-error.js";

/** Those that are meant; all are looked for before anything is done to one. */
export async function machines(client: Worldswitch, references: readonly string[], signal: AbortSignal): Promise<Vm[]> {
  return Promise.all(references.map((reference) => client.vms.find(reference, { signal })));
}

/** @throws UsageError for a name that several tokens have, or none */
export async function tokenId(client: Worldswitch, reference: string, signal: AbortSignal): Promise<string> {
  return idOf("token", reference, "tok_", client.tokens.all({}, { signal }));
}

/** @throws UsageError */
export async function projectId(client: Worldswitch, reference: string, signal: AbortSignal): Promise<string> {
  return idOf("project", reference, "proj_", client.projects.all({}, { signal }));
}

async function idOf(what: string, reference: string, prefix: string, all: AsyncIterable<Pick<Token, "id" | "name">>): Promise<string> {
  if (reference.startsWith(prefix)) return reference;
  const found: string[] = [];
  for await (const { id, name } of all) if (name === reference) found.push(id);
  if (found.length > 1) throw new UsageError(`${found.length} ${what}s are named ${reference}: ${found.join(", ")}`);
  // The service says that there is none, as it does for an id.
  return found[0] ?? reference;
}
