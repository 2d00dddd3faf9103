import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Site, sitesOf } from "./sites.js";

/** Folders of src/vmm whose files are mutated, by family. */
const FOLDERS = ["isa", "decode", "cpu", "x87", "sse", "mmu", "interpreter"] as const;
export type Family = (typeof FOLDERS)[number];
export const families: readonly Family[] = FOLDERS;

/** Of these only what says what instructions do; the rest of the folders is how fast they do it. */
const ONLY: Partial<Record<Family, readonly string[]>> = {
  mmu: ["walk.ts", "paging-mode.ts", "access.ts", "mmu.ts"],
  interpreter: ["stage.ts", "core-functions.ts"],
};

/** Where a number is only a name: addresses of state, and outcomes of callouts. */
const LEFT_OUT: ReadonlySet<string> = new Set(["cpu/layout.ts", "cpu/callout.ts"]);

/** The files of a family, from the project's root, in order. */
export function filesOf(root: string, family: Family): string[] {
  return readdirSync(join(root, "src/vmm", family))
    .filter((name) => name.endsWith(".ts") && !LEFT_OUT.has(`${family}/${name}`) && (ONLY[family]?.includes(name) ?? true))
    .sort()
    .map((name) => `src/vmm/${family}/${name}`);
}

/** All places by file. Files without any are left out. */
export function sitesIn(root: string, chosen: readonly Family[]): ReadonlyMap<string, readonly Site[]> {
  const found = new Map<string, readonly Site[]>();
  for (const file of chosen.flatMap((family) => filesOf(root, family))) {
    const sites = sitesOf(file, readFileSync(join(root, file), "utf8"));
    if (sites.length > 0) found.set(file, sites);
  }
  return found;
}
