import type { Operation, OperationPage, Routes } from "./contract.js";
import { OperationFailedError } from "./errors.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";

export interface ProgressOptions extends RequestOptions {
  /** Told of the operation as it goes on. */
  onProgress?: (operation: Operation) => void;
}

/** What the service is asked to wait for the end of an operation, in seconds: short where somebody watches. */
const watchedSeconds = 1;
const unwatchedSeconds = 30;

export class Operations {
  constructor(private readonly transport: Transport) {}

  list(query: Routes["listOperations"]["query"] = {}, options: RequestOptions = {}): Promise<OperationPage> {
    return this.transport.call("listOperations", { query, ...options });
  }

  all(query: Routes["listOperations"]["query"] = {}, options: RequestOptions = {}): AsyncGenerator<Operation, void, undefined> {
    return everyItem((cursor) => this.list({ limit: 100, ...query, cursor }, options));
  }

  get(id: string, options: RequestOptions = {}): Promise<Operation> {
    return this.transport.call("getOperation", { params: { id }, ...options });
  }

  cancel(id: string, options: RequestOptions = {}): Promise<Operation> {
    return this.transport.call("cancelOperation", { params: { id }, ...options });
  }

  /** Its end, good or bad. */
  async wait(id: string, { signal, onProgress }: ProgressOptions = {}): Promise<Operation> {
    const timeout = onProgress ? watchedSeconds : unwatchedSeconds;
    for (;;) {
      const operation = await this.transport.call("waitOperation", { params: { id }, query: { timeout }, waitMs: timeout * 1000, signal });
      onProgress?.(operation);
      if (hasEnded(operation)) return operation;
    }
  }

  /** Its good end. @throws OperationFailedError */
  async success(id: string, options: ProgressOptions = {}): Promise<Operation> {
    const operation = await this.wait(id, options);
    if (operation.state !== "succeeded") throw new OperationFailedError(operation);
    return operation;
  }
}

/** It changes no more: it succeeded, failed or was cancelled. */
export function hasEnded({ state }: Operation): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}
