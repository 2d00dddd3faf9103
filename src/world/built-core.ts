/**
 * The core module as a file. Emitting it takes longer than all else that happens before a guest's first instruction, so `npm run build` does it
 * once. The file's name holds the digest of the compiled monitor that made it: one that other code made is not found, and the VMM thread emits.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The compiled monitor, which VMM threads run; also when this file is run from its source. */
const MONITOR = fileURLToPath(new URL("../../dist/vmm/", import.meta.url));

/** Compiled; null where there is no file of this monitor's, or it is damaged. */
export async function builtCore(folder = MONITOR): Promise<WebAssembly.Module | null> {
  try {
    return await WebAssembly.compile(await readFile(await coreFile(folder)));
  } catch {
    return null;
  }
}

/** Writes the file, and removes those of other monitors. @param bytes as the compiled monitor emits them */
export async function writeCore(bytes: Uint8Array, folder = MONITOR): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith(".wasm")) await rm(join(folder, name));
  await writeFile(await coreFile(folder), bytes);
}

/** Of the compiled monitor: another for whatever might emit other code. */
export async function monitorDigest(folder = MONITOR): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".js")).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const digest = createHash("sha256");
  for (const [i, name] of names.entries()) digest.update(`${name} ${files[i].length}\n`).update(files[i]);
  return digest.digest("hex");
}

async function coreFile(folder: string): Promise<string> {
  return join(folder, `core-${await monitorDigest(folder)}.wasm`);
}
