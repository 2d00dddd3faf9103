import type { ImageCache } from "../images/image-cache.js";
import { ImageError } from "../images/image-error.js";
import { prepareImage } from "../images/prepare.js";
import type { ImageWithFiles } from "../store/images.js";
import type { UploadedFiles } from "./uploaded-files.js";

/** Files of this host that a machine boots from. */
export interface HostFiles {
  kernel: string;
  initrd?: string;
  /** In their order. */
  modules?: string[];
}

export interface PrepareOptions {
  signal: AbortSignal;
  /** `fraction`: 0 to 1 */
  onProgress(progress: { step: string; fraction: number }): void;
}

/** Makes an image's files ready on this host. @throws ImageError; the signal's reason when aborted */
export type BootSource = (image: ImageWithFiles, options: PrepareOptions) => Promise<HostFiles>;

/** Catalog images are prepared in the cache; files of uploaded ones are fetched where they aren't here. */
export function hostBootSource(uploads: UploadedFiles, cache: ImageCache): BootSource {
  return async (image, { signal, onProgress }) => {
    if (image.catalog) {
      const { kernel, initrd } = await prepareImage(image.name, { cache, signal, onProgress });
      return { kernel, initrd };
    }
    const paths = new Map<string, string[]>();
    for (const { role, sha256, sizeBytes } of [...image.files].sort((a, b) => a.index - b.index)) {
      const file = { name: `${role} of image ${image.name}`, sha256, sizeBytes: Number(sizeBytes) };
      paths.set(role, [...(paths.get(role) ?? []), await uploads.path(file, { signal, onProgress })]);
    }
    const [kernel] = paths.get("kernel") ?? [];
    if (!kernel) throw new ImageError("image_rejected", `image ${image.name} has no kernel`);
    return { kernel, initrd: paths.get("initrd")?.[0], modules: paths.get("module") };
  };
}
