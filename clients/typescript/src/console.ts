/** The serial console of a machine, kept open: a cut connection is opened again, and goes on with the byte that would have come next. */
import { Changes, type Patience } from "./changes.js";
import {
  type ConsoleRole,
  type Control,
  consoleProtocol,
  type Exit,
  type Hello,
  keysPerFrame,
  type RoleChange,
  type Skip,
  takeOverFrame,
} from "./console-protocol.js";
import { consoleReader } from "./console-reader.js";
import { ConsoleError, ProblemError, TimeoutError } from "./errors.js";
import { linkedTo } from "./linked-signal.js";
import { Listeners } from "./listeners.js";
import { pause } from "./patience.js";
import { comingBack, keepOpen } from "./reopening.js";
import type { Frame, OpenSocket } from "./socket.js";
import { type Found, Transcript } from "./transcript.js";
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

export interface ExpectOptions {
  /** Default 60,000. */
  timeoutMs?: number;
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

/** Keys that the platform holds for the network. */
const unsentBytes = 64 * 1024;
const unsentPauseMs = 10;

export class VmConsole implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Resolves when the machine is deleted or the console closed by this side; rejects where it can't be opened, or not any more. */
  readonly closed: Promise<void>;
  /** Offset of the next byte. */
  position: number | undefined;
  /** null until the machine has a host. */
  role: ConsoleRole | null = null;
  viewers = 0;
  private readonly changes = new Changes();
  private readonly listeners = new Listeners<ConsoleEvents>();
  private readonly transcript = new Transcript();
  private readonly own: AbortController;
  private closedHere = false;
  private socket: OpenSocket | null = null;
  private ended: { error: unknown } | null = null;
  /** Readers that are full. */
  private readonly full = new Set<object>();
  private ticketRole: ConsoleRole;
  private takingOver: boolean;

  constructor(
    private readonly transport: Transport,
    private readonly vmId: string,
    private readonly options: ConsoleOptions = {},
  ) {
    this.ticketRole = options.role ?? "writer";
    this.takingOver = options.takeOver ?? false;
    if (typeof options.from === "number") this.position = options.from;
    this.own = linkedTo(options.signal);
    this.closed = this.run(this.own.signal);
    // Whoever waits for it is told; nobody has to.
    this.closed.catch(() => {});
  }

  /** Answers how to stop it. */
  on<Name extends keyof ConsoleEvents>(name: Name, listener: (event: ConsoleEvents[Name]) => void): () => void {
    return this.listeners.on(name, listener);
  }

  /** Types. While the connection is broken, keys wait. @throws ConsoleError for a console that somebody else writes on */
  async write(keys: string | Uint8Array): Promise<void> {
    const bytes = typeof keys === "string" ? new TextEncoder().encode(keys) : keys;
    for (let at = 0; at < bytes.length; at += keysPerFrame) {
      const socket = await this.writableSocket();
      socket.send(new Uint8Array(bytes.subarray(at, at + keysPerFrame)));
      while (socket === this.socket && socket.bufferedAmount > unsentBytes) await pause(unsentPauseMs);
    }
  }

  /** Becomes the one that writes. @throws ConsoleError where the token may only watch */
  async takeOver(): Promise<void> {
    this.takingOver = true;
    if (this.role === "viewer") this.socket?.send(takeOverFrame);
    await this.writableSocket();
  }

  /** Waits for text in what came since the last wait. @throws TimeoutError with the end of what came instead */
  async expect(awaited: string | RegExp, { timeoutMs = 60_000, signal }: ExpectOptions = {}): Promise<Found> {
    const late = () =>
      new TimeoutError(
        `${String(awaited)} did not come within ${timeoutMs / 1000} s; the console ends with ${JSON.stringify(this.text.slice(-200))}`,
      );
    return this.until(() => this.transcript.take(awaited), { timeoutMs, signal, late });
  }

  /** What came and was not waited for yet; the last 256 Ki characters of it. */
  get text(): string {
    return this.transcript.text;
  }

  /** As if it had been waited for. */
  discard(): void {
    this.transcript.takeAll();
  }

  /** The bytes that come from now on. A slow reader slows nobody: what it leaves for so long that it is no longer kept is announced as skipped. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return consoleReader(this, {
      hold: (reader) => {
        if (this.full.size === 0) this.socket?.close(comingBack);
        this.full.add(reader);
      },
      release: (reader) => {
        if (this.full.delete(reader)) this.changes.tell();
      },
    });
  }

  /** Keys. Closing it leaves the console open. */
  get writable(): WritableStream<string | Uint8Array> {
    return new WritableStream({ write: (keys) => this.write(keys) });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const reader = this.readable.getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    } finally {
      await reader.cancel();
    }
  }

  close(): void {
    this.closedHere = true;
    this.own.abort();
  }

  get over(): boolean {
    return this.ended !== null;
  }

  /** Looks whenever anything has come or changed, until there is something. */
  until<T>(look: () => T | null, patience: Patience = {}): Promise<T> {
    return this.changes.until(() => {
      const seen = look();
      if (seen === null && this.ended) throw this.ended.error;
      return seen;
    }, patience);
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
      return await ask(this.ticketRole);
    } catch (error) {
      const mayNot = error instanceof ProblemError && error.code === "forbidden";
      if (!mayNot || this.ticketRole === "viewer" || this.options.role === "writer") throw error;
      this.ticketRole = "viewer";
      return ask("viewer");
    }
  }

  private take(frame: Frame): void {
    if (typeof frame === "string") this.control(JSON.parse(frame) as Control);
    else {
      this.position = (this.position ?? 0) + frame.length;
      this.transcript.add(frame);
      this.listeners.tell("data", frame as Uint8Array<ArrayBuffer>);
    }
    this.changes.tell();
  }

  private control(control: Control): void {
    switch (control.type) {
      case "hello":
        // What is no longer kept is skipped by its offset alone.
        if (this.position !== undefined && control.seq > this.position) this.skip({ from: this.position, to: control.seq });
        this.position = control.seq;
        this.becomes(control);
        if (this.takingOver && control.role === "viewer") this.socket?.send(takeOverFrame);
        this.listeners.tell("hello", control);
        break;
      case "role":
        this.becomes(control);
        this.listeners.tell("role", control);
        break;
      case "skip":
        this.position = control.to;
        this.skip(control);
        break;
      case "exit":
        this.listeners.tell("exit", control);
    }
  }

  private skip({ from, to }: Skip): void {
    this.transcript.interrupt();
    this.listeners.tell("skip", { from, to });
  }

  private becomes({ role, viewers }: { role: ConsoleRole; viewers: number }): void {
    this.role = role;
    if (role === "writer") this.takingOver = this.options.takeOver ?? false;
    this.viewers = viewers;
  }

  /** The open socket, once keys on it are heard. */
  private writableSocket(): Promise<OpenSocket> {
    return this.until(() => {
      if (this.ticketRole === "viewer")
        throw new ConsoleError("this connection may only watch: the token's role is viewer, or the console was opened so");
      if (this.socket === null || this.role === null) return null;
      if (this.role === "writer") return this.socket;
      if (this.takingOver) return null;
      throw new ConsoleError("somebody else writes on this console: take it over to type");
    });
  }

  /** Whoever wrote when the connection broke writes again when it is back: the service may take the broken one for the writer still. */
  private forgetSocket(): void {
    if (this.role === "writer") this.takingOver = true;
    this.socket = null;
    this.role = null;
  }
}
