/** Makes a catalog image ready on this host: from the cache, or out of Debian packages. */

import { readBzImage } from "./bzimage.js";
import { catalogImage } from "./catalog.js";
import { DebianPackages } from "./debian-packages.js";
import { ImageCache, type PreparedImage } from "./image-cache.js";
import { ImageError } from "./image-error.js";
import { withLock } from "./lock.js";

export interface Progress {
  step: string;
  /** 0 to 1, never falling within one preparation. */
  fraction: number;
}

export interface PrepareOptions {
  cache?: ImageCache;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Share of the time that the package lists take. */
const LISTS = 0.1;

/**
 * Any number of processes may ask for the same image at once: one prepares it. An aborted or failed preparation leaves nothing behind.
 * @throws ImageError; the signal's reason when aborted
 */
export async function prepareImage(name: string, options: PrepareOptions = {}): Promise<PreparedImage> {
  const image = catalogImage(name);
  const { cache = new ImageCache(), signal } = options;
  let reached = 0;
  const report = (step: string, fraction: number) => {
    reached = Math.max(reached, fraction);
    options.onProgress?.({ step, fraction: reached });
  };

  const present = await cache.find(image);
  if (present) return present;
  const onWait = () => report("waiting for another process that prepares the image", 0);
  return withLock(
    cache.lockFile(image),
    async () => {
      const meanwhile = await cache.find(image);
      if (meanwhile) return meanwhile;
      await cache.withScratch(async (scratch) => {
        report("reading package lists", 0);
        const packages = await DebianPackages.open(scratch, (done) => report("reading package lists", LISTS * done), signal);
        const built = await image.build(packages, (done) => report("fetching and unpacking packages", LISTS + (1 - LISTS) * done));
        readBzImage(built.kernel);
        signal?.throwIfAborted();
        await cache.put(image, built);
      });
      report("prepared", 1);
      return (await cache.find(image)) ?? fail(`The image "${name}" was written, but cannot be read back.`);
    },
    { signal, onWait },
  );
}

function fail(message: string): never {
  throw new ImageError("preparation_failed", message);
}
