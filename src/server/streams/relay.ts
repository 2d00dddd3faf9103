import type { RawData, WebSocket } from "ws";

/** What may wait for a peer before its other side is held back, and down to where it has to go, in bytes. */
const highWater = 256 * 1024;
const lowWater = 64 * 1024;

/** Called with each message that was relayed; answers what to send instead, null for nothing. */
export type Translate = (data: Buffer, isBinary: boolean) => { data: Buffer; isBinary: boolean } | null;

/** Passes messages from one socket to another. While the other takes none, this one is not read: so the pressure reaches whoever makes the bytes. */
export function pipe(from: WebSocket, to: WebSocket, translate: Translate): void {
  const relieve = () => {
    if (from.isPaused && to.bufferedAmount <= lowWater) from.resume();
  };
  from.on("message", (raw: RawData, isBinary: boolean) => {
    if (to.readyState !== to.OPEN) return;
    const message = translate(bytesOf(raw), isBinary);
    if (message === null) return;
    to.send(message.data, { binary: message.isBinary }, relieve);
    if (to.bufferedAmount > highWater) from.pause();
  });
}

export function bytesOf(raw: RawData): Buffer {
  if (Buffer.isBuffer(raw)) return raw;
  return Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw);
}
