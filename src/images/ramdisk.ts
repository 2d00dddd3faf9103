/** What a Linux kernel takes as an initrd: a cpio archive, plain or packed, or a filesystem image (lib/decompress.c and init/initramfs.c of the kernel). */
import { ImageError } from "./image-error.js";

const leads: readonly (readonly [name: string, lead: string])[] = [
  ["cpio, newc", "303730373031"],
  ["cpio, crc", "303730373032"],
  ["gzip", "1f8b"],
  ["gzip, old", "1f9e"],
  ["bzip2", "425a68"],
  ["lzma", "5d0000"],
  ["xz", "fd377a585a00"],
  ["lzo", "894c5a4f000d0a"],
  ["lz4, legacy", "02214c18"],
  ["zstd", "28b52ffd"],
];

/**
 * @param head the first bytes of the file
 * @throws ImageError `image_rejected`
 */
export function checkInitrd(head: Uint8Array): void {
  // The kernel skips zeros between archives, and takes them in front too.
  const begin = Math.max(
    head.findIndex((byte) => byte !== 0),
    0,
  );
  const lead = Buffer.from(head.subarray(begin, begin + 8)).toString("hex");
  if (head.length === 0) throw new ImageError("image_rejected", "The initrd is rejected: it is empty.");
  if (!leads.some(([, known]) => lead.startsWith(known))) {
    throw new ImageError(
      "image_rejected",
      `The initrd is rejected: neither a cpio archive nor packed in a way the kernel reads (it begins with ${lead}).`,
    );
  }
}
