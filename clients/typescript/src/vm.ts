import { VmConsole } from "./console.js";
import type { ConsoleOptions } from "./console-connection.js";
import type { Operation, Ticket, Vm as VmData, VmPatch, VmStats, VmStatsHistory, VmTicketCreate } from "./contract.js";
import { ProblemError, TimeoutError, VmStateError, WorldswitchError } from "./errors.js";
import { followStats, type StatsOptions } from "./follow.js";
import type { Operations, ProgressOptions } from "./operations.js";
import { Shell, type ShellOptions, type ShOptions, type ShResult, shellTimeoutMs } from "./shell.js";
import type { RequestOptions, Transport } from "./transport.js";

export type VmState = VmData["state"];
/** What can be waited for. */
export type AwaitedState = VmState | "deleted";

export interface ActionOptions extends ProgressOptions {
  /** Whether to wait until it is done. Default true. */
  wait?: boolean;
}

export interface WaitOptions extends RequestOptions {
  /** Default: for ever. */
  timeoutMs?: number;
}

/** A piece of what the console has shown. */
export interface ConsoleLog {
  /** Of the first byte: larger than what was asked for where that is no longer kept. */
  offset: number;
  bytes: Uint8Array;
}

/** What a command needs beside a running machine. */
export type VmShellOptions = ShellOptions & Pick<ConsoleOptions, "port" | "takeOver">;

const longestWaitSeconds = 30;

/** A machine, with what was known of it last. */
export class Vm {
  constructor(
    private readonly transport: Transport,
    private readonly operations: Operations,
    /** As the service described it last: {@link refresh} asks again. */
    public data: VmData,
    private etag: string | null = null,
  ) {}

  get id(): string {
    return this.data.id;
  }

  get name(): string {
    return this.data.name;
  }

  get state(): VmState {
    return this.data.state;
  }

  async refresh(options: RequestOptions = {}): Promise<this> {
    const { answer, headers } = await this.transport.ask("getVm", { params: this.data, ...options });
    this.data = answer;
    this.etag = headers.get("ETag");
    return this;
  }

  /** Renames it, or replaces its labels. With `ifUnchanged` only if it is still as {@link data} says: else a problem `precondition_failed`. */
  async update(changes: VmPatch, { ifUnchanged = false, ...options }: RequestOptions & { ifUnchanged?: boolean } = {}): Promise<this> {
    if (ifUnchanged && this.etag === null)
      throw new WorldswitchError(`which version of ${this.name} is meant is not known: refresh it first`);
    const headers: Record<string, string> = ifUnchanged && this.etag !== null ? { "If-Match": this.etag } : {};
    const answered = await this.transport.ask("patchVm", { params: this.data, body: changes, headers, ...options });
    this.data = answered.answer;
    this.etag = answered.headers.get("ETag");
    return this;
  }

  /**
   * Until it is in one of the states.
   * @throws VmStateError if it is deleted or comes to `error` and that was not waited for, TimeoutError
   */
  async wait(
    states: AwaitedState | AwaitedState[],
    { timeoutMs = Number.POSITIVE_INFINITY, signal }: WaitOptions = {},
  ): Promise<AwaitedState> {
    const wanted = [states].flat();
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const timeout = Math.max(0, Math.min(longestWaitSeconds, (deadline - Date.now()) / 1000));
      const query = { state: [...new Set([...wanted, "error"])].join(","), timeout };
      const seen = await this.transport.call("waitVm", { params: this.data, query, waitMs: timeout * 1000, signal });
      if (seen.state !== "deleted") this.data = seen as VmData;
      if (wanted.includes(seen.state)) return seen.state;
      if (seen.state === "deleted") throw new VmStateError(`${this.name} is deleted`);
      if (seen.state === "error") throw new VmStateError(`${this.name} is in error: ${this.reason}`);
      if (Date.now() >= deadline) throw new TimeoutError(`${this.name} is still ${seen.state}, and not ${wanted.join(" or ")}`);
    }
  }

  start(options?: ActionOptions): Promise<Operation> {
    return this.act("startVm", options);
  }

  /** Asks the guest. */
  shutdown(options?: ActionOptions): Promise<Operation> {
    return this.act("shutdownVm", options);
  }

  /** Pulls the plug. */
  stop(options?: ActionOptions): Promise<Operation> {
    return this.act("stopVm", options);
  }

  reset(options?: ActionOptions): Promise<Operation> {
    return this.act("resetVm", options);
  }

  pause(options?: ActionOptions): Promise<Operation> {
    return this.act("pauseVm", options);
  }

  resume(options?: ActionOptions): Promise<Operation> {
    return this.act("resumeVm", options);
  }

  delete(options?: ActionOptions): Promise<Operation> {
    return this.act("deleteVm", options);
  }

  /** Its serial console, in any state; kept open until the machine is deleted, or the caller closes it. */
  console(options?: ConsoleOptions): VmConsole {
    return new VmConsole(this.transport, this.id, options);
  }

  /** What the console keeps. */
  async log({ port = 0, from = 0, signal }: RequestOptions & { port?: 0 | 1; from?: number } = {}): Promise<ConsoleLog> {
    const query = { port: `${port}` as const, from };
    const { answer, headers } = await this.transport.ask("getVmConsoleLog", { params: this.data, query, signal });
    return { offset: Number(headers.get("Console-Offset") ?? from), bytes: answer };
  }

  /** Runs one command on the machine's shell, as soon as there is one. */
  async sh(command: string, options: VmShellOptions & ShOptions = {}): Promise<ShResult> {
    const shell = await this.shell(options);
    try {
      return await shell.sh(command, options);
    } finally {
      shell.close();
    }
  }

  /** For several commands: keeps the console open until it is closed. @throws VmStateError for a machine that does not run */
  async shell({ port, takeOver, ...options }: VmShellOptions = {}): Promise<Shell> {
    const { signal, timeoutMs = shellTimeoutMs } = options;
    const state = await this.wait(["running", "stopped", "paused", "suspended"], { signal, timeoutMs });
    if (state !== "running") throw new VmStateError(`${this.name} is ${state}: a command needs a running machine`);
    return new Shell(this.console({ port, takeOver }), options);
  }

  /** Samples, again and again, until the machine is deleted. */
  stats(options?: StatsOptions): AsyncGenerator<VmStats, void, undefined> {
    return followStats(this.transport, this.id, options);
  }

  /** One sample. */
  sample(options: RequestOptions = {}): Promise<VmStats> {
    return this.transport.call("getVmStats", { params: this.data, ...options });
  }

  /** Samples of the last hour, oldest first. */
  statsHistory(options: RequestOptions = {}): Promise<VmStatsHistory> {
    return this.transport.call("getVmStatsHistory", { params: this.data, ...options });
  }

  /** Opens one of its streams once, for a client that cannot send headers. */
  ticket(wanted: VmTicketCreate, options: RequestOptions = {}): Promise<Ticket> {
    return this.transport.call("createVmTicket", { params: this.data, body: wanted, idempotencyKey: null, ...options });
  }

  private async act(
    route: "startVm" | "shutdownVm" | "stopVm" | "resetVm" | "pauseVm" | "resumeVm" | "deleteVm",
    { wait = true, signal, onProgress }: ActionOptions = {},
  ): Promise<Operation> {
    const operation = await this.transport.call(route, { params: this.data, signal });
    if (!wait) return operation;
    const ended = await this.operations.success(operation.id, { signal, onProgress });
    if (route !== "deleteVm") await this.refresh({ signal }).catch(ignoreGone);
    return ended;
  }

  private get reason(): string {
    return this.data.fault?.message ?? this.data.stateReason ?? "no reason is known";
  }
}

/** It may have been deleted since; what was asked for has been done nevertheless. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof ProblemError && error.code === "not_found")) throw error;
}
