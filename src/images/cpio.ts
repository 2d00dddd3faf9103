/**
 * cpio archives in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel): what a kernel unpacks as its
 * first root, and what `images export` writes. Entries belong to root and have no time, so that the same content gives the same bytes.
 */
import { ImageError } from "./image-error.js";

/** `path` without a leading slash. A symbolic link's data is its target. */
export type CpioEntry =
  | { kind: "directory"; path: string; mode?: number }
  | { kind: "file"; path: string; data: Uint8Array; mode?: number }
  | { kind: "link"; path: string; target: string }
  | { kind: "character"; path: string; major: number; minor: number; mode?: number };

const HEADER_BYTES = 110;
const TRAILER = "TRAILER!!!";
const TYPE = { directory: 0o040000, file: 0o100000, link: 0o120000, character: 0o020000 } as const;
const TYPE_MASK = 0o170000;
const DEFAULT_MODE = { directory: 0o755, file: 0o644, link: 0o777, character: 0o600 } as const;

const padding = (bytes: number) => -bytes & 3;

export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const push = (ino: number, mode: number, path: string, data: Uint8Array, links: number, major: number, minor: number) => {
    const name = Buffer.from(`${path}\0`);
    const fields = [ino, mode, 0, 0, links, 0, data.length, 0, 0, major, minor, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
    parts.push(Buffer.from(header), name, Buffer.alloc(padding(HEADER_BYTES + name.length)), data, Buffer.alloc(padding(data.length)));
  };
  let ino = 1;
  for (const entry of entries) {
    const mode = TYPE[entry.kind] | (("mode" in entry && entry.mode) || DEFAULT_MODE[entry.kind]);
    const data = entry.kind === "file" ? entry.data : Buffer.from(entry.kind === "link" ? entry.target : "");
    const [major, minor] = entry.kind === "character" ? [entry.major, entry.minor] : [0, 0];
    push(ino++, mode, entry.path, data, entry.kind === "directory" ? 2 : 1, major, minor);
  }
  push(0, 0, TRAILER, new Uint8Array(), 1, 0, 0);
  return Buffer.concat(parts);
}

/**
 * The plain files of an archive, by name. For archives of our own making, from anywhere: everything else than plain files, a name twice, and
 * sizes that don't fit the archive are refused. The data are views of `archive`.
 * @throws ImageError `archive_rejected`
 */
export function readCpioFiles(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  const take = (bytes: number): Uint8Array => {
    if (bytes > archive.length - at) reject("it is truncated");
    at += bytes;
    return archive.subarray(at - bytes, at);
  };
  for (;;) {
    const header = Buffer.from(take(HEADER_BYTES)).toString("latin1");
    if (!/^070701[0-9a-fA-F]{104}$/.test(header)) reject("a header is damaged");
    const field = (index: number) => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
    const [mode, size, nameBytes] = [field(1), field(6), field(11)];
    if (nameBytes < 2 || nameBytes > 256) reject("a name is empty or too long");
    const name = Buffer.from(take(nameBytes)).toString("latin1");
    take(padding(HEADER_BYTES + nameBytes));
    if (name.indexOf("\0") !== name.length - 1) reject("a name is not terminated");
    const path = name.slice(0, -1);
    if (path === TRAILER) return files;
    if ((mode & TYPE_MASK) !== TYPE.file) reject(`${JSON.stringify(path)} is not a plain file`);
    if (files.has(path)) reject(`${JSON.stringify(path)} is in it twice`);
    files.set(path, take(size));
    take(padding(size));
  }
}

function reject(reason: string): never {
  throw new ImageError("archive_rejected", `The archive is rejected: ${reason}.`);
}
