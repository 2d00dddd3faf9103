/**
 * Our guest programs (bench/guest), compiled for the 686 and packed into an initrd. They lie in the cache, under the sum of what they are made of: sources,
 * flags and compiler.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { writeCpio } from "../../src/images/cpio.js";
import { ImageCache } from "../../src/images/image-cache.js";

export interface GuestPrograms {
  /** Runs the rows; by itself on this host, too. */
  bench: string;
  /** An initrd with all of them. */
  initrd: string;
}

const SOURCES = fileURLToPath(new URL("../guest", import.meta.url));
const COMPILER = "gcc";
const FLAGS = ["-m32", "-O2", "-march=i686", "-static", "-no-pie", "-fno-pie", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"];
const X87 = ["-mfpmath=387", "-mno-sse"];
const SSE2 = ["-msse2", "-mfpmath=sse"];

interface Unit {
  source: string;
  flags: readonly string[];
}
const x87 = (source: string, ...more: string[]): Unit => ({ source, flags: [...X87, ...more] });
const sse2 = (source: string, ...more: string[]): Unit => ({ source, flags: [...SSE2, ...more] });

/** What each program is linked of; floating-point.c twice. */
const PROGRAMS: Readonly<Record<string, readonly Unit[]>> = {
  bench: [
    ...["bench.c", "integer.c", "memory.c", "trigonometry.c", "kernel.c", "fresh-code.c"].map((source) => x87(source)),
    x87("floating-point.c", "-DGROUP=x87"),
    sse2("floating-point.c", "-DGROUP=sse2"),
    sse2("packed.c"),
  ],
  init: [x87("init.c")],
  talk: [x87("talk.c")],
};

/** @returns why there are none, where this host can't compile them. @throws Error where the sources don't compile */
export async function guestPrograms(cache: ImageCache = new ImageCache()): Promise<GuestPrograms | { missing: string }> {
  const compiler = await compilerVersion();
  if (compiler === null) return { missing: `this host has no ${COMPILER}: apt-get install gcc gcc-multilib` };
  const folder = join(cache.folder, "bench", await recipe(compiler));
  const programs = { bench: join(folder, "bench"), initrd: join(folder, "initrd") };
  const isKept = await access(programs.initrd).then(
    () => true,
    () => false,
  );
  if (isKept) return programs;
  return cache.withScratch(async (scratch) => {
    if (!(await compilesFor32Bits(scratch))) {
      return { missing: `${COMPILER} has no libraries for 32-bit programs on this host: apt-get install gcc-multilib` };
    }
    const built = join(scratch, "built");
    await mkdir(built);
    await Promise.all(Object.entries(PROGRAMS).map(([name, units]) => build(scratch, units, join(built, name))));
    await writeFile(join(built, "initrd"), gzipSync(await root(built)));
    await mkdir(join(cache.folder, "bench"), { recursive: true });
    await rename(built, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was first, with the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return programs;
  });
}

async function compilerVersion(): Promise<string | null> {
  try {
    return (await compile("--version")).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function recipe(compiler: string): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([compiler, FLAGS, PROGRAMS]));
  for (const name of (await readdir(SOURCES)).sort()) hash.update(JSON.stringify([name, await readFile(join(SOURCES, name), "utf8")]));
  return hash.digest("hex").slice(0, 16);
}

async function compilesFor32Bits(scratch: string): Promise<boolean> {
  const source = join(scratch, "trial.c");
  await writeFile(source, '#include <stdio.h>\nint main(void) { return puts(""); }\n');
  return compile("-m32", "-static", source, "-o", join(scratch, "trial")).then(
    () => true,
    () => false,
  );
}

async function build(scratch: string, units: readonly Unit[], program: string): Promise<void> {
  const objects = await Promise.all(
    units.map(async ({ source, flags }, index) => {
      const object = join(scratch, `${basename(program)}-${index}.o`);
      await compile(...FLAGS, ...flags, "-c", join(SOURCES, source), "-o", object);
      return object;
    }),
  );
  await compile(...FLAGS, "-s", ...objects, "-lm", "-o", program);
}

function compile(...args: string[]): Promise<{ stdout: string }> {
  return promisify(execFile)(COMPILER, args);
}

async function root(folder: string): Promise<Uint8Array> {
  const program = async (name: string) => ({ kind: "file" as const, path: name, data: await readFile(join(folder, name)), mode: 0o755 });
  return writeCpio([
    { kind: "directory", path: "dev" },
    { kind: "character", path: "dev/console", major: 5, minor: 1 },
    ...(await Promise.all(Object.keys(PROGRAMS).map(program))),
  ]);
}
