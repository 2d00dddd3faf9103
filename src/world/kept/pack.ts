/**
 * A file of kept translations. It appears in one step, complete, never changes, and may be deleted at any time. Since compiled code in it is
 * run as it is, it lies in a folder that nobody but its owner may write to.
 *
 * Format: MAGIC, length of the index (u32, little-endian), SHA-256 of the index, the index (V8's serialization of `PackIndex`), and the parts of chunks.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";

/** The number is another one with each change of the format, also of what its parts mean. */
const MAGIC = Buffer.from("worldswitch translations 2\n");
/** How the files' names end. */
export const PACK = ".pack";
const DIGEST_BYTES = 32;
const HEADER_BYTES = MAGIC.length + 4 + DIGEST_BYTES;
/** An index has some 2 KiB for each region. */
const LARGEST_INDEX = 64 * 2 ** 20;
/** All files of a folder, in bytes. */
const MOST_IN_ALL = 512 * 2 ** 20;
const COPIED_AT_A_TIME = 2 ** 18;
/** What is unfinished, and that old, belongs to a process that died. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** Where something lies in a file, in bytes. */
export interface Extent {
  readonly file: number;
  readonly at: number;
  readonly length: number;
}

/** A region: what tells the instructions at which it is entered from others; and a `KeptRegion` (V8's serialization), which only a machine wants to read. */
export interface PackedRegion {
  readonly heads: readonly string[];
  readonly bytes: Uint8Array;
}

/** Regions that share a module. */
export interface PackedChunk {
  /** By position in the module; null where something better has taken the place of one. */
  readonly regions: readonly (PackedRegion | null)[];
  /** V8's code of the module; the module; and of its functions what makes objects of them again (V8's serialization). */
  readonly parts: readonly Part[];
}
export interface Part {
  readonly extent: Extent;
  /** SHA-256. */
  readonly digest: Uint8Array;
}

interface PackIndex {
  /** Extents are counted from the end of the index. */
  readonly chunks: readonly PackedChunk[];
}

export interface Pack {
  readonly chunks: readonly PackedChunk[];
  /** Parts can't be read any more. */
  close(): void;
}

/** What a file has: nothing where there is none, or it is damaged, or somebody else could have written it. It stays open, as parts are read when they are asked for. */
export function readPack(path: string): Pack {
  let file: number;
  try {
    refuseForeign(dirname(path));
    file = openSync(path, "r");
  } catch {
    return { chunks: [], close: () => undefined };
  }
  const close = () => closeSync(file);
  try {
    const header = read({ file, at: 0, length: HEADER_BYTES });
    const length = header.readUInt32LE(MAGIC.length);
    if (!header.subarray(0, MAGIC.length).equals(MAGIC) || length > LARGEST_INDEX) throw new Error("no file of kept translations");
    const index = read({ file, at: HEADER_BYTES, length });
    if (!sha256(index).equals(header.subarray(MAGIC.length + 4))) throw new Error("the index is damaged");
    const { chunks } = deserialize(index) as PackIndex;
    const there = chunks.map((chunk) => moved(chunk, ({ at, length: size }) => ({ file, at: HEADER_BYTES + length + at, length: size })));
    // Of a file that was cut off, what is whole.
    const { size: end } = fstatSync(file);
    return { chunks: there.filter(({ parts }) => parts.every(({ extent }) => extent.at + extent.length <= end)), close };
  } catch {
    close();
    return { chunks: [], close: () => undefined };
  }
}

/** Puts a file in place. @throws what the file system says */
export function writePack(path: string, chunks: readonly PackedChunk[]): void {
  const unfinished = `${path}.${randomUUID()}`;
  const out = openSync(unfinished, "wx", 0o600);
  try {
    let end = 0;
    const behindEachOther = ({ length }: Extent): Extent => {
      end += length;
      return { file: 0, at: end - length, length };
    };
    const index = serialize({ chunks: chunks.map((chunk) => moved(chunk, behindEachOther)) } satisfies PackIndex);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(index.length);
    for (const bytes of [MAGIC, length, sha256(index), index]) write(out, bytes);
    const piece = Buffer.alloc(COPIED_AT_A_TIME);
    for (const { parts } of chunks) for (const { extent } of parts) copy(extent, out, piece);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    closeSync(out);
  }
}

/** Makes the folder that files lie in, for its owner alone. @throws if it is there and somebody else's */
export function makeFolderOf(path: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseForeign(folder);
}

/** Which files were not used for longest, their times of change tell. */
export function markAsUsed(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // It is somebody else's, or gone.
  }
}

/**
 * Removes the files that were not used for longest, where all in the folder come to more than MOST_IN_ALL, and what writers that died have left. What others
 * are writing stays.
 */
export function tidyFolderOf(path: string): void {
  const folder = dirname(path);
  const now = Date.now();
  const files = namesIn(folder).flatMap((name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    return found ? [{ path: join(folder, name), size: found.size, mtimeMs: found.mtimeMs }] : [];
  });
  let all = 0;
  for (const file of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    const complete = file.path.endsWith(PACK);
    if (complete) all += file.size;
    if (complete ? all > MOST_IN_ALL && file.path !== path : now - file.mtimeMs > ABANDONED_MS) rmSync(file.path, { force: true });
  }
}
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function moved({ regions, parts }: PackedChunk, move: (extent: Extent) => Extent): PackedChunk {
  return { regions, parts: parts.map(({ extent, digest }) => ({ extent: move(extent), digest })) };
}

function copy({ file, at, length }: Extent, to: number, piece: Buffer): void {
  for (let done = 0; done < length; ) {
    const size = readSync(file, piece, 0, Math.min(piece.length, length - done), at + done);
    if (size === 0) throw new Error("the file is shorter than it says");
    write(to, piece.subarray(0, size));
    done += size;
  }
}

/** In a buffer of just that size. @throws where the file ends before */
export function read({ file, at, length }: Extent): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  if (readSync(file, bytes, 0, length, at) !== length) throw new Error("the file is shorter than it says");
  return bytes;
}
/** @throws where there is no room */
export function write(file: number, bytes: Uint8Array, at: number | null = null): void {
  if (writeSync(file, bytes, 0, bytes.length, at) !== bytes.length) throw new Error("no room");
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** Code is taken from a folder only if it is this user's, and nobody else may write to it. */
function refuseForeign(folder: string): void {
  const { uid, mode } = statSync(folder);
  if (process.getuid && uid !== process.getuid()) throw new Error(`${folder} belongs to somebody else`);
  if (mode & 0o022) throw new Error(`${folder} may be written to by others`);
}
