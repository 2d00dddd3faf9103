import type { Image, ImageCreate, ImagePage, Routes } from "./contract.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";
import { type UploadOptions, upload } from "./upload.js";
import type { UploadSource } from "./upload-source.js";

export type FileRole = Image["files"][number]["role"];

export class Images {
  constructor(private readonly transport: Transport) {}

  page(query: Routes["listImages"]["query"] = {}, options: RequestOptions = {}): Promise<ImagePage> {
    return this.transport.call("listImages", { query, ...options });
  }

  all(query: Routes["listImages"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Image, void, undefined> {
    return everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options));
  }

  /** By id or by name. */
  get(reference: string, options: RequestOptions = {}): Promise<Image> {
    return this.transport.call("getImage", { params: { id: reference }, ...options });
  }

  /** Announces an image; it is ready when its files are uploaded. */
  create(fields: ImageCreate, options: RequestOptions = {}): Promise<Image> {
    return this.transport.call("createImage", { body: fields, ...options });
  }

  /** Sends a file of an image. `index` says which module. */
  async upload(
    reference: string,
    role: FileRole,
    source: UploadSource,
    { index = 0, ...options }: UploadOptions & { index?: number } = {},
  ): Promise<Image> {
    const url = this.transport.url("putImageFile", { id: reference, role }, index === 0 ? {} : { index });
    return (await upload(this.transport, url, source, options)).json() as Promise<Image>;
  }

  delete(reference: string, options: RequestOptions = {}): Promise<undefined> {
    return this.transport.call("deleteImage", { params: { id: reference }, ...options });
  }
}
