/** A file as the body of a request, with its progress where the platform tells. */
import { failureOf, unreachable } from "./failure.js";
import type { Transport } from "./transport.js";
import type { UploadSource } from "./upload-source.js";

export interface UploadOptions {
  /** Told of the bytes that have been sent, of all. */
  onProgress?: (sent: number, size: number) => void;
  /** Of the file, 64 hexadecimal digits: the service refuses what arrives otherwise. */
  sha256?: string;
  signal?: AbortSignal;
}

/** Long enough for any file: a stalled upload is ended by the service. */
const uploadTimeoutMs = 24 * 3600_000;

export function upload(transport: Transport, url: string, source: UploadSource, options: UploadOptions): Promise<Response> {
  const headers: Record<string, string> = { "Content-Type": "application/octet-stream", Accept: "application/json" };
  if (options.sha256 !== undefined) headers["Content-Digest"] = `sha-256=:${base64OfHex(options.sha256)}:`;
  const send = "XMLHttpRequest" in globalThis ? byXmlHttpRequest : byFetch;
  return transport.persist(options.signal, async () => {
    const response = await send(transport, url, headers, source, options);
    if (!response.ok) throw await failureOf(response, `PUT ${url}`);
    return response;
  });
}

/** Node streams what it sends; no browser does over HTTP/1.1. */
async function byFetch(
  transport: Transport,
  url: string,
  headers: Record<string, string>,
  source: UploadSource,
  { onProgress, signal }: UploadOptions,
): Promise<Response> {
  let sent = 0;
  const meter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      sent += chunk.length;
      onProgress?.(sent, source.size);
    },
  });
  const init = { method: "PUT", headers, body: source.stream().pipeThrough(meter), duplex: "half" };
  return transport.once(url, init, uploadTimeoutMs, signal);
}

/** The only thing in a browser that tells how far an upload is. */
async function byXmlHttpRequest(
  transport: Transport,
  url: string,
  headers: Record<string, string>,
  source: UploadSource,
  { onProgress, signal }: UploadOptions,
): Promise<Response> {
  const token = await transport.settings.token();
  // It takes nothing that is not whole.
  const body = source instanceof Blob ? source : await new Response(source.stream()).blob();
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    const fields = token === null ? headers : { ...headers, Authorization: `Bearer ${token}` };
    for (const [name, value] of Object.entries(fields)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded, source.size);
    request.onload = () => resolve(new Response(request.responseText, { status: request.status, headers: fieldsOf(request) }));
    request.onerror = () => reject(unreachable(transport.settings.url, new Error("the connection broke")));
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

function fieldsOf(request: XMLHttpRequest): Headers {
  const fields = new Headers();
  for (const name of ["Content-Type", "X-Request-Id", "Retry-After"]) {
    const value = request.getResponseHeader(name);
    if (value !== null) fields.set(name, value);
  }
  return fields;
}

function base64OfHex(hex: string): string {
  return btoa((hex.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join(""));
}
