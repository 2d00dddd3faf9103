import type { RawData, WebSocket } from "ws";
import { closeCodes } from "./stream.js";

/** What may wait for a peer before its other side is held back, and down to where it has to go, in bytes. */
const highWater = 256 * 1024;
const lowWater = 64 * 1024;

/** Told of each message: `out` is towards the viewer. */
export type Meter = (direction: "in" | "out", bytes: number) => void;

/** Passes frames both ways until the worker closes, which closes the viewer too, or until `signal`: nothing that a viewer sends later reaches the worker. */
export function join(viewer: WebSocket, worker: WebSocket, signal: AbortSignal, meter: Meter): void {
  pipe(worker, viewer, (bytes) => meter("out", bytes));
  pipe(viewer, worker, (bytes) => meter("in", bytes));
  worker.on("error", () => worker.terminate());
  worker.once("close", (code, reason) => {
    // 1005 and up to 1006 say that no close frame came: the worker has gone, and the viewer may come back.
    if (code === 1005 || code === 1006) viewer.close(closeCodes.restarting, "stream_unavailable");
    else viewer.close(code, reason);
  });
  signal.addEventListener("abort", () => worker.close(), { once: true });
}

/** While the receiver takes nothing, the sender is not read: so the pressure reaches whoever makes the bytes, who skips a slow viewer forward. */
function pipe(from: WebSocket, to: WebSocket, meter: (bytes: number) => void): void {
  const relieve = () => {
    if (from.isPaused && to.bufferedAmount <= lowWater) from.resume();
  };
  from.on("message", (raw: RawData, isBinary: boolean) => {
    if (to.readyState !== to.OPEN) return;
    const data = bytesOf(raw);
    meter(data.length);
    to.send(data, { binary: isBinary }, relieve);
    if (to.bufferedAmount > highWater) from.pause();
  });
}

export function bytesOf(raw: RawData): Buffer {
  if (Buffer.isBuffer(raw)) return raw;
  return Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw);
}
