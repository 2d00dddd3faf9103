/**
 * Prepared images on disk, outside of any checkout: `images/<name>-<recipe>/` holds kernel, initrd and manifest.json with their sums. A folder appears
 * there in one step, complete, and its files never change; the whole cache may be deleted at any time.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheFolder } from "./cache-folder.js";
import type { BuiltImage, CatalogImage } from "./catalog.js";
import { type FileSum, MANIFEST_FILE, type Manifest, parseManifest } from "./manifest.js";

/** An image that machines can boot: absolute paths on this host, and what a machine gets that says nothing else. */
export interface PreparedImage {
  name: string;
  kernel: string;
  initrd: string;
  cmdline: string;
  memoryMiB: number;
  manifest: Manifest;
}

export const IMAGE_FILES = ["kernel", "initrd"] as const;
/** A scratch folder that nobody touched for this long belongs to a process that died. */
const ABANDONED_MS = 24 * 3600 * 1000;

export class ImageCache {
  /** @param folder absolute, or relative to the working directory */
  constructor(folder: string = cacheFolder()) {
    this.folder = resolve(folder);
  }
  readonly folder: string;

  lockFile(image: CatalogImage): string {
    return join(this.folder, "locks", `${image.name}-${image.recipe}`);
  }

  /** The image as it lies here; null where it isn't, or a file is not what the manifest says. */
  async find(image: CatalogImage): Promise<PreparedImage | null> {
    const folder = this.imageFolder(image);
    const manifest = await readManifest(join(folder, MANIFEST_FILE));
    if (!manifest || manifest.name !== image.name || manifest.recipe !== image.recipe) return null;
    for (const file of IMAGE_FILES) {
      const sum = await fileSum(join(folder, file)).catch(() => null);
      if (sum?.bytes !== manifest.files[file].bytes || sum.sha256 !== manifest.files[file].sha256) return null;
    }
    const { name, cmdline, memoryMiB } = image;
    return { name, kernel: join(folder, "kernel"), initrd: join(folder, "initrd"), cmdline, memoryMiB, manifest };
  }

  /** Puts an image in place, instead of one that is damaged. */
  async put(image: CatalogImage, built: Pick<BuiltImage, "kernel" | "initrd"> & { packages: Manifest["packages"] }): Promise<void> {
    await this.withScratch(async (scratch) => {
      const folder = join(scratch, "image");
      await mkdir(folder);
      for (const file of IMAGE_FILES) await writeFile(join(folder, file), built[file], { mode: 0o644 });
      const manifest: Manifest = {
        format: 1,
        name: image.name,
        recipe: image.recipe,
        files: { kernel: bytesSum(built.kernel), initrd: bytesSum(built.initrd) },
        packages: built.packages.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
      };
      await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
      const target = this.imageFolder(image);
      await mkdir(join(this.folder, "images"), { recursive: true });
      // Only an empty folder gives way to rename: what lies there is moved aside, and goes with the scratch folder.
      await rename(target, join(scratch, "replaced")).catch(ignore("ENOENT"));
      await rename(folder, target).catch(ignore("ENOTEMPTY", "EEXIST"));
    });
  }

  /** Runs `body` with a new folder on the cache's file system, and removes it, as well as those of processes that died. */
  async withScratch<T>(body: (folder: string) => Promise<T>): Promise<T> {
    const scratchFolder = join(this.folder, "scratch");
    await mkdir(scratchFolder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(scratchFolder)) {
      const info = await stat(join(scratchFolder, name)).catch(() => null);
      if (info && Date.now() - info.mtimeMs > ABANDONED_MS) await rm(join(scratchFolder, name), { recursive: true, force: true });
    }
    const folder = join(scratchFolder, randomUUID());
    await mkdir(folder);
    try {
      return await body(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private imageFolder(image: CatalogImage): string {
    return join(this.folder, "images", `${image.name}-${image.recipe}`);
  }
}

export function bytesSum(bytes: Uint8Array): FileSum {
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function fileSum(path: string): Promise<FileSum> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function readManifest(path: string): Promise<Manifest | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : parseManifest(text);
}

function ignore(...codes: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!error.code || !codes.includes(error.code)) throw error;
  };
}
