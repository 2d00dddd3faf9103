/** One side of a console: opened again whenever it is cut, with the byte that would have come next. */
import { Changes, type Patience } from "./changes.js";
import {
  type ConsoleRole,
  type Control,
  consoleProtocol,
  type Exit,
  type Hello,
  type RoleChange,
  type Skip,
  takeOverFrame,
} from "./console-protocol.js";
import type { Holding } from "./console-reader.js";
import { ConsoleError, ProblemError } from "./errors.js";
import { linkedTo } from "./linked-signal.js";
import { Listeners } from "./listeners.js";
import { comingBack, keepOpen } from "./reopening.js";
import type { Frame, OpenSocket } from "./socket.js";
import type { Transport } from "./transport.js";

export interface ConsoleOptions {
  /** 0 is COM1 (default), 1 is COM2. */
  port?: 0 | 1;
  /** Offset of the first byte wanted, or `end` for only what is to come. Default: all that is kept. */
  from?: number | "end";
  /** Default: `writer` where the token may write, else `viewer`. */
  role?: ConsoleRole;
  /** Takes the keyboard from whoever has it, whenever the console is opened. */
  takeOver?: boolean;
  /** Instead of a token: answers the `path` of a fresh ticket each time that the console is opened. */
  ticket?: () => Promise<string>;
  /** Closes it. */
  signal?: AbortSignal;
}

export interface ConsoleEvents {
  data: Uint8Array<ArrayBuffer>;
  /** Open, for the first time or again. */
  hello: Hello;
  role: RoleChange;
  skip: Skip;
  exit: Exit;
  /** The connection broke, and is opened again after that time. */
  lost: { retryInMs: number };
  /** It is over: `closed` says why. */
  end: undefined;
}

const deleted = "deleted";

export class ConsoleConnection implements Holding {
  /** Resolves when the machine is deleted or this side has closed it; rejects where it can't be opened, or not any more. */
  readonly closed: Promise<void>;
  readonly listeners = new Listeners<ConsoleEvents>();
  /** Offset of the next byte. */
  position: number | undefined;
  /** null while there is no connection, and until the machine has a host. */
  role: ConsoleRole | null = null;
  viewers = 0;
  private readonly changes = new Changes();
  private readonly own: AbortController;
  private closedHere = false;
  private toldDeleted = false;
  private socket: OpenSocket | null = null;
  private ended: { error: unknown } | null = null;
  /** Readers that are full. */
  private readonly full = new Set<object>();
  /** As far as is known: a ticket that somebody else made tells only when it has opened the console. */
  private mayWrite: boolean;
  private takingOver: boolean;

  constructor(
    private readonly transport: Transport,
    private readonly vmId: string,
    private readonly options: ConsoleOptions,
  ) {
    this.mayWrite = options.role !== "viewer";
    this.takingOver = options.takeOver ?? false;
    if (typeof options.from === "number") this.position = options.from;
    this.own = linkedTo(options.signal);
    this.closed = this.run(this.own.signal);
    // Whoever waits for it is told; nobody has to.
    this.closed.catch(() => {});
  }

  get over(): boolean {
    return this.ended !== null;
  }

  /** Looks whenever anything has come or changed, until there is something. @throws why there will be nothing any more */
  until<T>(look: () => T | null, patience: Patience = {}): Promise<T> {
    return this.changes.until(() => {
      const seen = look();
      if (seen === null && this.ended) throw this.ended.error;
      return seen;
    }, patience);
  }

  /** The open socket, once keys on it are heard. @throws ConsoleError where they won't be */
  writableSocket(): Promise<OpenSocket> {
    return this.until(() => {
      if (!this.mayWrite) throw mayOnlyWatch();
      if (this.socket === null || this.role === null) return null;
      if (this.role === "writer") return this.socket;
      if (this.takingOver) return null;
      throw new ConsoleError("somebody else writes on this console: take it over to type");
    });
  }

  isOpen(socket: OpenSocket): boolean {
    return socket === this.socket;
  }

  async takeOver(): Promise<void> {
    if (!this.mayWrite) throw mayOnlyWatch();
    this.takingOver = true;
    if (this.role === "viewer") this.socket?.send(takeOverFrame);
    await this.writableSocket();
  }

  /** Leaves, until the reader has room again: what is kept meanwhile comes then. */
  hold(reader: object): void {
    if (this.full.size === 0) this.socket?.close(comingBack);
    this.full.add(reader);
  }

  release(reader: object): void {
    if (this.full.delete(reader)) this.changes.tell();
  }

  close(): void {
    this.closedHere = true;
    this.own.abort();
  }

  private async run(signal: AbortSignal): Promise<void> {
    try {
      await keepOpen(
        {
          subprotocol: consoleProtocol,
          url: () => this.url(signal),
          opened: (socket) => {
            this.socket = socket;
          },
          frame: (frame) => this.take(frame),
          lost: (retryInMs) => {
            this.forgetSocket();
            this.listeners.tell("lost", { retryInMs });
          },
        },
        signal,
      );
      // Nobody could say so on a connection that was cut just then.
      if (!this.toldDeleted) this.listeners.tell("exit", { reason: deleted });
      this.ended = { error: new ConsoleError("the console is over: the machine is deleted") };
    } catch (error) {
      this.ended = { error: this.closedHere ? new ConsoleError("the console was closed") : error };
      if (!this.closedHere) throw error;
    } finally {
      this.own.abort();
      this.forgetSocket();
      this.listeners.tell("end", undefined);
      this.changes.tell();
    }
  }

  /** With a ticket, which tells whether and why not, as an upgrade can't in a browser. */
  private async url(signal: AbortSignal): Promise<string> {
    this.forgetSocket();
    await this.until(() => this.full.size === 0 || null, { signal });
    const { path } = await this.ticket(signal);
    const { port = 0 } = this.options;
    const from = this.position ?? (this.options.from === "end" ? "end" : undefined);
    return `${this.transport.webSocketUrl(path)}&port=${port}${from === undefined ? "" : `&from=${from}`}`;
  }

  private async ticket(signal: AbortSignal): Promise<{ path: string }> {
    if (this.options.ticket) return { path: await this.options.ticket() };
    const ask = (role: ConsoleRole) =>
      this.transport.call("createVmTicket", { params: { id: this.vmId }, body: { stream: "console", role }, idempotencyKey: null, signal });
    try {
      return await ask(this.mayWrite ? "writer" : "viewer");
    } catch (error) {
      const mayNot = error instanceof ProblemError && error.code === "forbidden";
      if (!mayNot || !this.mayWrite || this.options.role === "writer") throw error;
      this.mayWrite = false;
      return ask("viewer");
    }
  }

  private take(frame: Frame): void {
    if (typeof frame === "string") this.control(JSON.parse(frame) as Control);
    else {
      this.position = (this.position ?? 0) + frame.length;
      this.listeners.tell("data", frame as Uint8Array<ArrayBuffer>);
    }
    this.changes.tell();
  }

  private control(control: Control): void {
    switch (control.type) {
      case "hello":
        // What is no longer kept is skipped by its offset alone.
        if (this.position !== undefined && control.seq > this.position)
          this.listeners.tell("skip", { from: this.position, to: control.seq });
        this.position = control.seq;
        this.mayWrite = control.mayWrite;
        this.becomes(control);
        if (this.takingOver && this.mayWrite && control.role === "viewer") this.socket?.send(takeOverFrame);
        this.listeners.tell("hello", control);
        break;
      case "role":
        this.becomes(control);
        this.listeners.tell("role", control);
        break;
      case "skip":
        this.position = control.to;
        this.listeners.tell("skip", control);
        break;
      case "exit":
        this.toldDeleted = control.reason === deleted;
        this.listeners.tell("exit", control);
    }
  }

  private becomes({ role, viewers }: { role: ConsoleRole; viewers: number }): void {
    this.role = role;
    if (role === "writer") this.takingOver = this.options.takeOver ?? false;
    this.viewers = viewers;
  }

  /** Whoever wrote when the connection broke writes again when it is back: the service may take the broken one for the writer still. */
  private forgetSocket(): void {
    if (this.role === "writer") this.takingOver = true;
    this.socket = null;
    this.role = null;
  }
}

function mayOnlyWatch(): ConsoleError {
  return new ConsoleError("this connection may only watch: the token's or the ticket's role is viewer, or the console was opened so");
}
