/** Test files that say which opcodes they execute (tests/vmm/executes.ts), which is checked when they run. */
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../tests/vmm/", import.meta.url);

/** Names of files in tests/vmm by opcode label. */
export function declaredTests(): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  for (const file of readdirSync(FOLDER)
    .filter((name) => name.endsWith(".test.ts"))
    .sort()) {
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    for (const [, list] of text.matchAll(/^executes\(([^)]*)\)/gm)) {
      for (const [, label] of list.matchAll(/"([^"]+)"/g)) files.set(label, [...(files.get(label) ?? []), file]);
    }
  }
  return files;
}
