/** A file on this host, for an upload: read from the start as often as it must be. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { UploadSource } from "@worldswitch/client";
import { UsageError } from "./usage-error.js";

/** With its digest, so that what arrives is known to be what was here. @throws UsageError for what is no file, and what the system says */
export async function openFile(path: string): Promise<{ source: UploadSource; sha256: string }> {
  const found = await stat(path);
  if (!found.isFile()) throw new UsageError(`${path} is no file`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const stream = () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return { source: { size: found.size, stream }, sha256: hash.digest("hex") };
}
