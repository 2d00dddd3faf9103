/** Kernels that come packed: boot loaders unpack them. */
import { constants, gunzip, gunzipSync } from "node:zlib";
import { ImageError } from "./image-error.js";

/** The most that a kernel may have unpacked. */
const LIMIT = 256 * 2 ** 20;
/** A head of a file unpacks to at most a thousand times as much; of that, nobody looks at more. */
const HEAD_LIMIT = 32 * 2 ** 20;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** @throws ImageError `image_rejected`: damaged, or more than `limit` bytes */
export function unpackGzip(bytes: Uint8Array, limit = LIMIT): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: limit }, (error, unpacked) => (error ? reject(rejection(error)) : resolve(unpacked)));
  });
}

/** What the beginning of a packed file unpacks to. @throws ImageError `image_rejected` */
export function unpackGzipHead(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: HEAD_LIMIT });
  } catch (error) {
    throw rejection(error);
  }
}

function rejection(error: unknown): ImageError {
  const tooMuch = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
  const reason = tooMuch ? "it unpacks to more than a kernel may have" : "it cannot be unpacked";
  return new ImageError("image_rejected", `The kernel is rejected: ${reason}.`, { cause: error });
}
