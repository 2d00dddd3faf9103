/** Where an instruction's meaning is written: a definition of src/vmm/isa, or a callout that does all of it. */
import { readdirSync } from "node:fs";
import type { Callout } from "../../src/vmm/cpu/callout.js";
import { systemCallouts } from "../../src/vmm/cpu/callouts.js";
import { definition } from "../../src/vmm/isa/definition.js";
import type { Stage } from "../../src/vmm/isa/stage.js";
import { sseCallouts } from "../../src/vmm/sse/callouts.js";
import { x87Callouts } from "../../src/vmm/x87/callouts.js";

/** Files that only import others: after them everything is defined. */
const INDEXES = new Set(["isa/all.ts", "isa/sse.ts", "isa/x87.ts"]);

const VMM = new URL("../../src/vmm/", import.meta.url);

/** Imports the files of a folder of src/vmm, not of folders in it, one after another. */
async function* imported(folder: string): AsyncGenerator<{ file: string; exports: Readonly<Record<string, unknown>> }> {
  for (const name of readdirSync(new URL(folder, VMM)).sort()) {
    const file = folder + name;
    if (name.endsWith(".ts") && !INDEXES.has(file))
      yield { file, exports: (await import(new URL(file, VMM).href)) as Record<string, unknown> };
  }
}

function isDefined(name: string): boolean {
  try {
    definition(name);
    return true;
  } catch {
    return false;
  }
}

/** By name: the file of src/vmm/isa after whose import it was there. */
async function definingFiles(names: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const left = new Set(names);
  for await (const { file } of imported("isa/")) {
    for (const name of [...left].filter(isDefined)) {
      files.set(name, file);
      left.delete(name);
    }
  }
  if (left.size > 0) throw new Error(`not defined: ${[...left].join(" ")}`);
  return files;
}

/** By function: the file that exports it. */
async function exportingFiles(): Promise<ReadonlyMap<unknown, string>> {
  const files = new Map<unknown, string>();
  for (const folder of ["cpu/", "x87/", "sse/"]) {
    for await (const { file, exports } of imported(folder)) {
      for (const value of Object.values(exports)) if (typeof value === "function" && !files.has(value)) files.set(value, file);
    }
  }
  return files;
}

class OtherThanCallout extends Error {}

/** Whether the definition's whole body is the callout. */
function isCallout(name: string): boolean {
  let called = false;
  const callout = () => {
    called = true;
  };
  const stage = new Proxy({} as Stage, {
    get: (_, method) => {
      if (method === "callout") return callout;
      throw new OtherThanCallout();
    },
  });
  try {
    definition(name).body(stage, 4);
    return called;
  } catch (error) {
    if (error instanceof OtherThanCallout) return false;
    throw error;
  }
}

/** "definition in isa/arithmetic.ts" or "callout in cpu/tables.ts", by name; files are in src/vmm. */
export async function meanings(names: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const defining = await definingFiles(names);
  const exporting = await exportingFiles();
  const all: Readonly<Record<string, Callout>> = { ...systemCallouts, ...x87Callouts, ...sseCallouts };
  /** What is put together in the list of callouts is not exported by itself. */
  const calloutFile = (name: string) => exporting.get(all[name]) ?? (name in x87Callouts ? "x87/callouts.ts" : "sse/callouts.ts");
  return new Map(
    [...names].map((name) => {
      if (isCallout(name)) return [name, `callout in ${calloutFile(name)}`];
      const rest = name in all ? `, callout in ${calloutFile(name)}` : "";
      return [name, `definition in ${defining.get(name)}${rest}`];
    }),
  );
}
