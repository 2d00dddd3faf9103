import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { fileUrl } from "../cluster/files.js";
import { bearerOf } from "../cluster/secret.js";
import type { BlobStore } from "../images/blobs.js";
import { ImageError } from "../images/image-error.js";
import { apiServerUrls } from "../store/api-servers.js";
import type { Database } from "../store/database.js";
import { isReferenced } from "../store/images.js";

/** For so long an API server that has the file may be away: time to be started again, in milliseconds. */
const patienceMs = 30_000;
const retryMs = 1_000;

/** A server from which nothing comes for so long while it is asked for a file is given up, in milliseconds. */
const silenceMs = 20_000;

export interface WantedFile {
  /** For people: `kernel of image NAME`. */
  name: string;
  sha256: string;
  sizeBytes: number;
}

export interface FetchOptions {
  signal: AbortSignal;
  /** `fraction`: 0 to 1 */
  onProgress(progress: { step: string; fraction: number }): void;
}

export interface UploadedFilesParts {
  db: Database;
  /** What was uploaded to an API server of this data folder. */
  uploaded: BlobStore;
  /** What this worker has fetched. */
  fetched: BlobStore;
  clusterSecret: string;
  log: Logger;
  patienceMs?: number;
  silenceMs?: number;
}

/**
 * Files of uploaded images, on this host. One that was uploaded to an API server elsewhere is fetched from there when a machine needs it first, and kept as long
 * as an image has it. Whoever it came from, its digest must be the one that the image's row says.
 */
export class UploadedFiles {
  constructor(private readonly parts: UploadedFilesParts) {}

  /** Makes the folder of fetched files, without what is not needed any more. */
  async open(): Promise<void> {
    await this.parts.fetched.open();
    await this.tidy();
  }

  /** @throws ImageError `file_unavailable`; the signal's reason when aborted */
  async path(file: WantedFile, options: FetchOptions): Promise<string> {
    const { uploaded, fetched } = this.parts;
    if (await uploaded.has(file.sha256)) return uploaded.path(file.sha256);
    // Machines that begin at the same time fetch a file once.
    const fetching = fetched.exclusively(file.sha256, async () => {
      options.signal.throwIfAborted();
      if (!(await fetched.has(file.sha256))) await this.fetchPatiently(file, options);
    });
    await unlessAborted(fetching, options.signal);
    return fetched.path(file.sha256);
  }

  private async fetchPatiently(file: WantedFile, options: FetchOptions): Promise<void> {
    const { db, patienceMs: patience = patienceMs } = this.parts;
    const deadline = Date.now() + patience;
    for (;;) {
      options.signal.throwIfAborted();
      for (const origin of await apiServerUrls(db)) {
        if (await this.fetch(origin, file, options)) return this.tidy();
      }
      if (Date.now() >= deadline) throw new ImageError("file_unavailable", `no API server that is up has the ${file.name}`);
      options.onProgress({ step: `waiting for an API server that has the ${file.name}`, fraction: 0 });
      await delay(retryMs, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
    }
  }

  /** False: this server doesn't have it, or not as it should be. */
  private async fetch(origin: string, file: WantedFile, { signal, onProgress }: FetchOptions): Promise<boolean> {
    const { fetched, clusterSecret, log, silenceMs: patience = silenceMs } = this.parts;
    const failed = (reason: unknown) => log.warn({ err: reason, from: origin, sha256: file.sha256 }, "file not fetched");
    const giveUp = new AbortController();
    const silence = setTimeout(() => giveUp.abort(new Error(`nothing came for ${patience} ms`)), patience);
    try {
      const response = await fetch(fileUrl(origin, file.sha256), {
        headers: { Authorization: bearerOf(clusterSecret) },
        redirect: "error",
        signal: AbortSignal.any([signal, giveUp.signal]),
      });
      if (response.status === 404) return false;
      if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`);
      const progressed = (bytes: number) => {
        silence.refresh();
        onProgress({ step: `fetching the ${file.name}`, fraction: Math.min(1, bytes / file.sizeBytes) });
      };
      const body = Readable.from(counted(response.body, progressed));
      const incoming = await fetched.receive(body, file.sizeBytes);
      if (incoming.sha256 === file.sha256) {
        await fetched.keep(incoming);
        return true;
      }
      await fetched.discard(incoming);
      throw new Error(`what came has the SHA-256 ${incoming.sha256}`);
    } catch (error) {
      signal.throwIfAborted();
      failed(error);
      return false;
    } finally {
      clearTimeout(silence);
      // Lets go of an answer that was not read to its end.
      giveUp.abort();
    }
  }

  /** Removes fetched files that no image has any more. */
  private async tidy(): Promise<void> {
    const { db, fetched } = this.parts;
    for await (const sha256 of fetched.list()) if (!(await isReferenced(db, sha256))) await fetched.remove(sha256);
  }
}

/** Waits no longer than until the signal, while the work may go on for others. @throws the signal's reason when aborted */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>, progressed: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    progressed(bytes);
    yield chunk;
  }
}
