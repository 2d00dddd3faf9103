/** One WebSocket, from its opening to its end, on whatever the platform has. */

export type Frame = string | Uint8Array;

/** Why a socket ended. 1006: no close frame came. */
export interface Closed {
  code: number;
  reason: string;
  /** Whether it had been open at all: a refused upgrade is not told from an absent server. */
  wasOpen: boolean;
}

export interface OpenSocket {
  send(frame: string | Uint8Array<ArrayBuffer>): void;
  close(code: number): void;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
}

export interface Listener {
  opened(socket: OpenSocket): void;
  frame(frame: Frame): void;
}

const openingMs = 20_000;
/** Whoever closes waits no longer for the other side to agree. */
const closingMs = 2_000;

/** Answers how it ended. @throws the signal's reason, and whatever the listener throws */
export async function converse(url: string, subprotocol: string, listener: Listener, signal: AbortSignal): Promise<Closed> {
  const Socket = await platformSocket();
  signal.throwIfAborted();
  const socket = new Socket(url, subprotocol);
  socket.binaryType = "arraybuffer";
  let wasOpen = false;
  return new Promise<Closed>((resolve, reject) => {
    const end = (code: number, reason: string) => {
      clearTimeout(late);
      clearTimeout(closing);
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(signal.reason);
      else resolve({ code, reason, wasOpen });
    };
    const late = setTimeout(() => socket.close(), openingMs);
    let closing: ReturnType<typeof setTimeout> | undefined;
    const close = (code: number) => {
      socket.close(code);
      closing ??= setTimeout(() => end(code, ""), closingMs);
    };
    const abort = () => {
      close(1000);
      end(1000, "");
    };
    const listen = (tell: () => void) => {
      try {
        tell();
      } catch (error) {
        socket.close(1000);
        reject(error);
        end(1000, "");
      }
    };
    signal.addEventListener("abort", abort);
    socket.onopen = () => {
      clearTimeout(late);
      wasOpen = true;
      const open: OpenSocket = {
        send: (frame) => socket.send(frame),
        close,
        get bufferedAmount() {
          return socket.bufferedAmount;
        },
      };
      listen(() => listener.opened(open));
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (signal.aborted) return;
      listen(() => listener.frame(typeof data === "string" ? data : new Uint8Array(data)));
    };
    // The close that follows says all there is to know.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => end(code, reason);
  });
}

/** Node 20 has none of its own. The name is no literal, so that bundlers for browsers leave it alone. */
async function platformSocket(): Promise<typeof WebSocket> {
  if (globalThis.WebSocket) return globalThis.WebSocket;
  const name = "ws";
  try {
    return ((await import(name)) as { WebSocket: typeof WebSocket }).WebSocket;
  } catch (error) {
    throw new Error("this platform has no WebSocket: on Node 20, install the package ws", { cause: error });
  }
}
