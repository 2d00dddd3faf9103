/**
 * What `npm run build` makes of the compiled monitor, in dist/monitor: each program in one file, since loading modules one by one took half of the time before
 * a guest's first instruction; the core module, which takes longer still to emit; and the digest of it all. Once a compiler has run again, programs are
 * its modules as they are, until the next build.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Everything that is compiled; also when this file is run from its source. */
const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** Programs of processes and threads that each machine starts, by their modules. */
const PROGRAMS = ["vmx/process", "world/vmm-thread", "world/translator-thread"] as const;
type Program = (typeof PROGRAMS)[number];

/** The build's record: written last. */
interface Build {
  /** What the compiler knew of its work. */
  compiled: string;
  /** As `monitorDigest` gives it. */
  monitor: string;
}

/** The file to start: asked for at each start, as what is compiled may have changed. */
export function programFile(program: Program, dist = DIST): string {
  return presentBuild(dist) ? bundleFile(program, dist) : moduleFile(program, dist);
}

/** Compiled; null where there is none of this monitor's, or it is damaged: then the VMM thread emits it. */
export async function builtCore(dist = DIST): Promise<WebAssembly.Module | null> {
  try {
    return await WebAssembly.compile(await readFile(coreFile(dist, await monitorDigest(dist))));
  } catch {
    return null;
  }
}

/** Of the compiled monitor: another for whatever might emit other code. */
export async function monitorDigest(dist = DIST): Promise<string> {
  return presentBuild(dist)?.monitor ?? digestOfModules(join(dist, "vmm"));
}

/**
 * Takes the place of what earlier builds left.
 * @param core as the compiled monitor emits it
 * @param bundle writes the program that begins with the module `entry` into `file`, all of its modules in one
 */
export async function buildMonitor(
  core: Uint8Array,
  bundle: (entry: string, file: string) => Promise<unknown>,
  dist = DIST,
): Promise<void> {
  const folder = join(dist, "monitor");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const build: Build = { compiled: compilerState(dist) ?? "", monitor: await digestOfModules(join(dist, "vmm")) };
  for (const program of PROGRAMS) await bundle(moduleFile(program, dist), bundleFile(program, dist));
  await writeFile(coreFile(dist, build.monitor), core);
  await writeFile(join(folder, "build.json"), JSON.stringify(build));
}

/** Null where there was none, or a compiler has run since. */
function presentBuild(dist: string): Build | null {
  try {
    const build = JSON.parse(readFileSync(join(dist, "monitor", "build.json"), "utf8")) as Build;
    return [null, build.compiled].includes(compilerState(dist)) ? build : null;
  } catch {
    return null;
  }
}

/** Digest of what the compiler keeps of its sources and its work: another after whatever it has compiled. Null where nothing is compiled: in the package. */
function compilerState(dist: string): string | null {
  try {
    return createHash("sha256")
      .update(readFileSync(join(dist, ".tsbuildinfo")))
      .digest("hex");
  } catch {
    return null;
  }
}

async function digestOfModules(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".js")).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const digest = createHash("sha256");
  for (const [i, name] of names.entries()) digest.update(`${name} ${files[i].length}\n`).update(files[i]);
  return digest.digest("hex");
}

function moduleFile(program: Program, dist: string): string {
  return join(dist, `${program}.js`);
}

/** As deep in `dist` as the modules are: what they say of places relative to theirs holds. */
function bundleFile(program: Program, dist: string): string {
  return join(dist, "monitor", `${basename(program)}.js`);
}

function coreFile(dist: string, monitor: string): string {
  return join(dist, "monitor", `core-${monitor}.wasm`);
}
