/** A stream that is opened again whenever it breaks, until it is over. */
import { ProblemError, UnreachableError } from "./errors.js";
import { mayPass } from "./failure.js";
import { backoffMs, pause } from "./patience.js";
import { converse, type Listener, type OpenSocket } from "./socket.js";

export interface Stream extends Listener {
  subprotocol: string;
  /** Where to open it this time. What it throws ends the stream, unless it has been open before and the failure may pass. */
  url(): Promise<string>;
  /** It broke, and will be opened again. */
  lost?(retryInMs: number): void;
}

/** Close code (RFC 6455, 7.4.2) by which this side leaves a stream to come back to it. */
export const comingBack = 4000;
/** The service says that there is nothing more to come. */
const done = 1000;
/** A frame that the service does not understand, or too large a one: the same would happen again. */
const misunderstood = [1002, 1003, 1007, 1008, 1009];
/** Openings that a stream may fail before it has been open for the first time. */
const firstAttempts = 5;

/** Until the service says that it is over. @throws the signal's reason, and what cannot pass */
export async function keepOpen(stream: Stream, signal: AbortSignal): Promise<void> {
  const network = new NetworkReturn();
  let opened = false;
  let failures = 0;
  const listener: Listener = {
    opened(socket) {
      opened = true;
      network.socket = socket;
      stream.opened(socket);
    },
    frame(frame) {
      failures = 0;
      stream.frame(frame);
    },
  };
  try {
    for (;;) {
      try {
        const url = await stream.url();
        const { code, reason, wasOpen } = await converse(url, stream.subprotocol, listener, signal);
        if (code === done) return;
        if (code === comingBack) continue;
        if (misunderstood.includes(code)) throw new Error(`the stream was closed with ${code} ${reason}`);
        if (!wasOpen && !opened && failures + 1 >= firstAttempts)
          throw new UnreachableError(`${new URL(url).host} does not open the stream`);
      } catch (error) {
        signal.throwIfAborted();
        // It was there, and nobody could say that it went.
        if (opened && error instanceof ProblemError && error.code === "not_found") return;
        if (!opened || !mayPass(error)) throw error;
      } finally {
        network.socket = null;
      }
      const retryInMs = backoffMs(failures++);
      stream.lost?.(retryInMs);
      await Promise.race([pause(retryInMs, signal), network.back]);
    }
  } finally {
    network.forget();
  }
}

/** A browser that has its network back may have sockets that do not know they are dead: nothing is lost by opening them again. */
class NetworkReturn {
  socket: OpenSocket | null = null;
  back!: Promise<void>;
  private resolve = () => {};

  constructor() {
    this.expect();
    globalThis.addEventListener?.("online", this.online);
  }

  forget(): void {
    globalThis.removeEventListener?.("online", this.online);
  }

  private readonly online = () => {
    this.socket?.close(comingBack);
    this.resolve();
    this.expect();
  };

  private expect(): void {
    this.back = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}
