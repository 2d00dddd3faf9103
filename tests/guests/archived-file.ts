/** A plain file out of a guest's initrd (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel): compressed "newc" archive. */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

const HEADER_BYTES = 110;

export async function archivedFile(initrd: string, path: string): Promise<Uint8Array> {
  const archive = gunzipSync(await readFile(initrd));
  const aligned = (at: number) => (at + 3) & ~3;
  for (let at = 0; ; ) {
    const header = archive.toString("latin1", at, at + HEADER_BYTES);
    if (!header.startsWith("070701")) throw new Error(`no ${path} in the archive`);
    const field = (index: number) => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
    const [size, nameBytes] = [field(6), field(11)];
    const name = archive.toString("latin1", at + HEADER_BYTES, at + HEADER_BYTES + nameBytes - 1);
    const data = aligned(at + HEADER_BYTES + nameBytes);
    if (name === path) return archive.subarray(data, data + size);
    at = aligned(data + size);
  }
}
