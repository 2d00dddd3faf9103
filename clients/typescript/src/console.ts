/** The serial console of a machine: bytes both ways, and what is waited for in them. */
import type { Patience } from "./changes.js";
import { ConsoleConnection, type ConsoleEvents, type ConsoleOptions } from "./console-connection.js";
import { type ConsoleRole, keysPerFrame } from "./console-protocol.js";
import { consoleReader } from "./console-reader.js";
import { TimeoutError } from "./errors.js";
import { pause } from "./patience.js";
import { type Found, Transcript } from "./transcript.js";
import type { Transport } from "./transport.js";

export interface ExpectOptions {
  /** Default 60,000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Keys that the platform holds for the network. */
const unsentBytes = 64 * 1024;
const unsentPauseMs = 10;

export class VmConsole implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  private readonly connection: ConsoleConnection;
  private readonly transcript = new Transcript();

  constructor(transport: Transport, vmId: string, options: ConsoleOptions = {}) {
    this.connection = new ConsoleConnection(transport, vmId, options);
    this.on("data", (bytes) => this.transcript.add(bytes));
    this.on("skip", () => this.transcript.interrupt());
  }

  /** Resolves when the machine is deleted or the console closed by this side; rejects where it can't be opened, or not any more. */
  get closed(): Promise<void> {
    return this.connection.closed;
  }

  get over(): boolean {
    return this.connection.over;
  }

  /** Offset of the next byte. */
  get position(): number | undefined {
    return this.connection.position;
  }

  /** null while there is no connection, and until the machine has a host. */
  get role(): ConsoleRole | null {
    return this.connection.role;
  }

  get viewers(): number {
    return this.connection.viewers;
  }

  /** Answers how to stop it. */
  on<Name extends keyof ConsoleEvents>(name: Name, listener: (event: ConsoleEvents[Name]) => void): () => void {
    return this.connection.listeners.on(name, listener);
  }

  /** Types. While the connection is broken, keys wait. @throws ConsoleError for a console that somebody else writes on */
  async write(keys: string | Uint8Array): Promise<void> {
    const bytes = typeof keys === "string" ? new TextEncoder().encode(keys) : keys;
    for (let at = 0; at < bytes.length; at += keysPerFrame) {
      const socket = await this.connection.writableSocket();
      socket.send(new Uint8Array(bytes.subarray(at, at + keysPerFrame)));
      while (this.connection.isOpen(socket) && socket.bufferedAmount > unsentBytes) await pause(unsentPauseMs);
    }
  }

  /** Becomes the one that writes. @throws ConsoleError where the token may only watch */
  takeOver(): Promise<void> {
    return this.connection.takeOver();
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
    return consoleReader(this, this.connection);
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
    this.connection.close();
  }

  /** Looks whenever anything has come or changed, until there is something. */
  until<T>(look: () => T | null, patience: Patience = {}): Promise<T> {
    return this.connection.until(look, patience);
  }
}
