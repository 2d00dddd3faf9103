import type { Routes, VmCreate, Vm as VmData, VmPage } from "./contract.js";
import { WorldswitchError } from "./errors.js";
import type { Operations } from "./operations.js";
import { everyItem } from "./pages.js";
import type { RequestOptions, Transport } from "./transport.js";
import { type ActionOptions, Vm } from "./vm.js";

export interface CreateOptions extends ActionOptions {
  /** Default: one of its own. The same key never makes two machines, whoever sends it. */
  idempotencyKey?: string;
}

type Query = Routes["listVms"]["query"];

export class Vms {
  constructor(
    private readonly transport: Transport,
    private readonly operations: Operations,
  ) {}

  /**
   * A machine whose guest has begun to run; with `start: false` one that may be started, with `wait: false` one that may be under way.
   * @throws ProblemError, OperationFailedError
   */
  async create(fields: VmCreate, { wait = true, signal, onProgress, idempotencyKey }: CreateOptions = {}): Promise<Vm> {
    const operation = await this.transport.call("createVm", { body: fields, idempotencyKey, signal });
    if (wait) await this.operations.success(operation.id, { signal, onProgress });
    return this.get(operation.resources.vm, { signal });
  }

  async get(id: string, options: RequestOptions = {}): Promise<Vm> {
    const { answer, headers } = await this.transport.ask("getVm", { params: { id }, ...options });
    return new Vm(this.transport, this.operations, answer, headers.get("ETag"));
  }

  /** By id or by name. @throws WorldswitchError for a name that several machines have */
  async find(reference: string, options: RequestOptions = {}): Promise<Vm> {
    const named: VmData[] = [];
    if (!reference.startsWith("vm_")) {
      for await (const { data } of this.all({}, options)) if (data.name === reference) named.push(data);
    }
    if (named.length > 1) {
      throw new WorldswitchError(`${named.length} machines are named ${reference}: ${named.map(({ id }) => id).join(", ")}`);
    }
    return named.length === 1 ? this.of(named[0]) : this.get(reference, options);
  }

  /** One page, as the contract has it. */
  page(query: Query = {}, options: RequestOptions = {}): Promise<VmPage> {
    return this.transport.call("listVms", { query, ...options });
  }

  /** All of them, newest first, page by page as they are needed. */
  async *all(query: Query = {}, options: RequestOptions = {}): AsyncGenerator<Vm, void, undefined> {
    for await (const data of everyItem((cursor) => this.page({ limit: 100, ...query, cursor }, options))) yield this.of(data);
  }

  /** A machine that was described elsewhere. */
  of(data: VmData): Vm {
    return new Vm(this.transport, this.operations, data);
  }
}
