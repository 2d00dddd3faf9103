/** What is uploaded: a `Blob` or `File`, or anything else that knows its size and can be read from the start more than once. */
export interface UploadSource {
  /** In bytes. */
  readonly size: number;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}
