/** Files under their SHA-256: written once, never changed, shared by all images that have the same bytes. */
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export class BlobTooLarge extends Error {}

/** A file that is being taken in: on disk, not yet one of the store's. */
export interface Incoming {
  path: string;
  sizeBytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** Of `algorithms` beside SHA-256, where asked for: raw digests. */
  digests: Map<string, Buffer>;
  /** Its first bytes, at most {@link headBytes}. */
  head: Buffer;
}

export const headBytes = 16 * 1024;
const digestPattern = /^[0-9a-f]{64}$/;

export class BlobStore {
  private readonly incoming: string;
  private readonly kept: string;
  /** The last in the queue of {@link exclusively} for each digest. */
  private readonly queues = new Map<string, Promise<unknown>>();

  /** @param folder the store's own; created on first use */
  constructor(folder: string) {
    this.incoming = join(folder, "incoming");
    this.kept = join(folder, "sha256");
  }

  /** Makes the folders, and removes what uploads of an earlier process left behind. */
  async open(): Promise<void> {
    await mkdir(this.kept, { recursive: true, mode: 0o700 });
    await rm(this.incoming, { recursive: true, force: true });
    await mkdir(this.incoming, { recursive: true, mode: 0o700 });
  }

  /** Where the file with this digest lies, if the store has it. */
  path(sha256: string): string {
    if (!digestPattern.test(sha256)) throw new RangeError("not a SHA-256 in lower-case hexadecimal");
    return join(this.kept, sha256.slice(0, 2), sha256);
  }

  async has(sha256: string): Promise<boolean> {
    return stat(this.path(sha256)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  /**
   * Reads a stream to disk while hashing it. The caller ends it with {@link keep} or {@link discard}. A failure leaves nothing, and
   * leaves the stream as it is: where it is a request, it still has to be answered.
   * @throws BlobTooLarge, or what the stream fails with
   */
  async receive(source: Readable, limitBytes: number, algorithms: readonly string[] = []): Promise<Incoming> {
    const path = join(this.incoming, randomUUID());
    const hashes = new Map(["sha256", ...algorithms].map((algorithm) => [algorithm, createHash(algorithm)]));
    let sizeBytes = 0;
    const head: Buffer[] = [];
    async function* measured(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        if (sizeBytes < headBytes) head.push(chunk.subarray(0, headBytes - sizeBytes));
        sizeBytes += chunk.length;
        if (sizeBytes > limitBytes) throw new BlobTooLarge();
        for (const hash of hashes.values()) hash.update(chunk);
        yield chunk;
      }
    }
    try {
      await pipeline(source.iterator({ destroyOnReturn: false }), measured, createWriteStream(path, { flags: "wx", mode: 0o600 }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    const digests = new Map([...hashes].map(([algorithm, hash]) => [algorithm, hash.digest()]));
    return { path, sizeBytes, sha256: (digests.get("sha256") as Buffer).toString("hex"), digests, head: Buffer.concat(head) };
  }

  /** Makes an incoming file one of the store's, durably. The same bytes twice are one file. */
  async keep(incoming: Incoming): Promise<void> {
    const to = this.path(incoming.sha256);
    await mkdir(join(to, ".."), { recursive: true, mode: 0o700 });
    await synchronise(incoming.path);
    await rename(incoming.path, to);
    await synchronise(join(to, ".."));
  }

  async discard(incoming: Incoming): Promise<void> {
    await rm(incoming.path, { force: true });
  }

  /**
   * Runs `work` while nobody else does for the same digest: keeping a file and writing the row that refers to it must not mix with
   * finding it unreferenced and removing it. In this process only: a folder has one API server.
   */
  async exclusively<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    const before = this.queues.get(sha256);
    const turn = (before ?? Promise.resolve()).then(work, work);
    this.queues.set(sha256, turn);
    try {
      return await turn;
    } finally {
      if (this.queues.get(sha256) === turn) this.queues.delete(sha256);
    }
  }

  /** Removes a file. The caller knows that no image refers to it. */
  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }

  /** Digests of all files in the store. */
  async *list(): AsyncGenerator<string> {
    for (const folder of await readdir(this.kept)) {
      for (const name of await readdir(join(this.kept, folder))) if (digestPattern.test(name)) yield name;
    }
  }
}

async function synchronise(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
