import { open } from "node:fs/promises";

const WASM_PAGE = 65536;
/** Anything longer fits no machine. */
const LONGEST = 2 ** 31 - 1;

/**
 * Reads a boot file, into memory that is mapped for it alone and unmapped when it is dropped. A Buffer would come from malloc, where glibc takes the
 * largest block ever freed as its measure of what every thread may keep for later (mallopt(3), "dynamic mmap threshold"): freeing a kernel of 6 MiB
 * let each of V8's compiling threads keep 12 MiB.
 * @throws what opening or reading it throws: an error with a `code`
 */
export async function readBootFile(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > LONGEST) return await file.readFile();
    const pages = Math.ceil(stat.size / WASM_PAGE);
    const bytes = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer, 0, stat.size);
    let length = 0;
    for (let more = 1; more > 0 && length < bytes.length; length += more) {
      more = (await file.read(bytes, length, bytes.length - length)).bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
