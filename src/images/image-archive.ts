/** A prepared image as one file, to carry it to a host that cannot prepare it: a cpio archive of manifest.json, kernel and initrd. */
import { open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { readBzImage } from "./bzimage.js";
import { catalogImage } from "./catalog.js";
import { readCpioFiles, writeCpio } from "./cpio.js";
import { bytesSum, IMAGE_FILES, ImageCache, type PreparedImage } from "./image-cache.js";
import { ImageError } from "./image-error.js";
import { MANIFEST_FILE, parseManifest } from "./manifest.js";

const MAX_ARCHIVE_BYTES = 1 << 29;

/** Writes the archive beside its destination first, so that a file of that name is always whole. */
export async function exportImage(image: PreparedImage, file: string): Promise<void> {
  const archive = writeCpio([
    { kind: "file", path: MANIFEST_FILE, data: Buffer.from(`${JSON.stringify(image.manifest, null, 2)}\n`) },
    { kind: "file", path: "kernel", data: await readFile(image.kernel) },
    { kind: "file", path: "initrd", data: await readFile(image.initrd) },
  ]);
  const partial = `${file}.${process.pid}.part`;
  try {
    await writeFile(partial, archive);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Puts an exported image into the cache. The archive is taken for hostile: only the three files it should hold, with the sums that its manifest says, and a
 * kernel that is one.
 * @throws ImageError `archive_rejected`, `image_unknown`, `image_rejected`, with the cache unchanged
 */
export async function importImage(file: string, cache: ImageCache = new ImageCache()): Promise<PreparedImage> {
  const files = readCpioFiles(await readBounded(file));
  const expected = [MANIFEST_FILE, ...IMAGE_FILES];
  if (files.size !== expected.length || !expected.every((name) => files.has(name)))
    reject(`it should hold ${expected.join(", ")} and nothing else`);
  const bytes = (name: string) => files.get(name) ?? reject(`it has no ${name}`);

  const manifest = parseManifest(Buffer.from(bytes(MANIFEST_FILE)).toString("utf8")) ?? reject("its manifest cannot be read");
  for (const name of IMAGE_FILES) {
    const sum = bytesSum(bytes(name));
    if (sum.bytes !== manifest.files[name].bytes || sum.sha256 !== manifest.files[name].sha256)
      reject(`${name} is not what the manifest says`);
  }
  const image = catalogImage(manifest.name);
  if (manifest.recipe !== image.recipe) reject("it was prepared by another version of worldswitch; export it again with this one");
  readBzImage(bytes("kernel"));

  await cache.put(image, { kernel: bytes("kernel"), initrd: bytes("initrd"), packages: manifest.packages });
  return (await cache.find(image)) ?? reject("it cannot be read back from the cache");
}

async function readBounded(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const info = await handle.stat();
    if (!info.isFile() || info.size > MAX_ARCHIVE_BYTES) reject(`it is not a plain file of at most ${MAX_ARCHIVE_BYTES >> 20} MiB`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function reject(reason: string): never {
  throw new ImageError("archive_rejected", `The archive is rejected: ${reason}.`);
}
