import type { RawData, WebSocket } from "ws";
import type { Console, Viewer } from "./console.js";

/** Largest frame of console bytes. */
const frameBytes = 64 * 1024;
/** Bytes that may wait in the socket; more stay in the ring, where they can be skipped. */
const socketBytes = 128 * 1024;

export interface ConnectionOptions {
  /** Whether it may be the writer. */
  mayWrite: boolean;
  /** Offset of the first byte wanted; `end` for only what is to come; undefined for all that is kept. */
  from: number | "end" | undefined;
  /** `console.v1`, or a bare terminal: every client frame is keys, and there are no control frames. */
  subprotocol: "console.v1" | null;
  /** Bare terminal: append a newline to each frame. */
  eol: boolean;
}

type Control =
  /** First. `seq` is the offset of the first byte that follows; `mayWrite`: whether this connection may ever be the writer; `writer`: whether there is one. */
  | { type: "hello"; seq: number; role: "writer" | "viewer"; mayWrite: boolean; writer: boolean; viewers: number }
  /** This connection's role, or whether there is a writer, or the number of viewers changed. */
  | { type: "role"; role: "writer" | "viewer"; writer: boolean; viewers: number }
  /** Bytes from `from` up to `to` were overtaken and do not come. */
  | { type: "skip"; from: number; to: number }
  /** The machine ended; the connection stays open. */
  | { type: "exit"; reason: string };

/**
 * One WebSocket on a console. Server to client: binary frames are console bytes, text frames are {@link Control}. Client to server: binary frames are keys, the
 * text frame `{"type":"take_over"}` makes a connection that may write the writer.
 */
export class ConsoleConnection implements Viewer {
  readonly mayWrite: boolean;
  /** Offset of the next byte to send. */
  private position: number;
  private readonly console: Console;
  private sending = false;
  private greeted = false;

  constructor(
    private readonly socket: WebSocket,
    console: Console,
    private readonly options: ConnectionOptions,
  ) {
    this.console = console;
    this.mayWrite = options.mayWrite;
    const { ring } = console;
    const wanted = options.from === "end" ? ring.end : (options.from ?? ring.start);
    this.position = Math.min(Math.max(wanted, ring.start), ring.end);
    socket.on("message", (data, isBinary) => this.receive(data, isBinary));
    socket.on("close", () => console.detach(this));
    socket.on("error", () => socket.terminate());
    console.attach(this);
    this.control({ type: "hello", seq: this.position, mayWrite: this.mayWrite, ...this.standing() });
    this.greeted = true;
    this.wake();
  }

  wake(): void {
    if (this.sending) return;
    const { ring } = this.console;
    while (this.position < ring.end && this.socket.readyState === this.socket.OPEN) {
      if (this.socket.bufferedAmount > socketBytes) {
        this.later();
        return;
      }
      if (this.position < ring.start) {
        this.control({ type: "skip", from: this.position, to: ring.start });
        this.position = ring.start;
      }
      const bytes = ring.read(this.position, frameBytes);
      this.position += bytes.length;
      this.socket.send(bytes);
    }
  }

  roleChanged(): void {
    if (!this.greeted) return;
    this.control({ type: "role", ...this.standing() });
  }

  machineEnded(reason: string): void {
    this.wake();
    this.control({ type: "exit", reason });
  }

  gone(): void {
    this.socket.close(1000, "deleted");
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  private standing(): { role: "writer" | "viewer"; writer: boolean; viewers: number } {
    const { writer, viewerCount } = this.console;
    return { role: writer === this ? "writer" : "viewer", writer: writer !== null, viewers: viewerCount };
  }

  /** An empty ping is sent behind all that waits; once it is out, there is room. */
  private later(): void {
    this.sending = true;
    this.socket.ping(undefined, undefined, () => {
      this.sending = false;
      this.wake();
    });
  }

  private receive(data: RawData, isBinary: boolean): void {
    const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
    if (this.options.subprotocol === null) {
      this.console.input(this, this.options.eol ? Buffer.concat([bytes, Buffer.from("\n")]) : bytes);
    } else if (isBinary) {
      this.console.input(this, bytes);
    } else if (isTakeOver(bytes)) {
      this.console.takeOver(this);
    } else {
      this.socket.close(1008, "unknown control frame");
    }
  }

  private control(message: Control): void {
    if (this.options.subprotocol !== null && this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
  }
}

function isTakeOver(bytes: Buffer): boolean {
  try {
    return (JSON.parse(bytes.toString("utf8")) as { type?: unknown } | null)?.type === "take_over";
  } catch {
    return false;
  }
}
