/** One viewer of a console: what came, when, and what it was told does not come. */
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import type { WebSocket } from "ws";

/** A stretch of the console that came without a gap. */
interface Stretch {
  from: number;
  to: number;
  hash: Hash;
}

export class Viewer {
  /** Where the console's bytes have been received up to. */
  position = 0;
  skips = 0;
  skippedBytes = 0;
  readonly stretches: Stretch[] = [];
  /** Of each frame: when it came, and the position behind it. */
  readonly arrivals: number[] = [];
  readonly positions: number[] = [];

  /** @param hear gets the bytes too */
  constructor(
    readonly socket: WebSocket,
    hear: (bytes: Buffer) => void = () => undefined,
  ) {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (!isBinary) return this.control(JSON.parse(data.toString()) as { type: string; seq: number; from: number; to: number });
      this.position += data.length;
      this.arrivals.push(performance.now());
      this.positions.push(this.position);
      const stretch = this.stretches[this.stretches.length - 1];
      stretch.to = this.position;
      stretch.hash.update(data);
      hear(data);
    });
  }

  async opened(): Promise<this> {
    await once(this.socket, "message");
    return this;
  }

  /** Index of the frame with which the byte before `position` came; looked for from frame `first` on. */
  frameOf(position: number, first: number): number {
    let at = first;
    while (at < this.positions.length && this.positions[at] < position) at++;
    return at;
  }

  /** Whether these bytes came. */
  has(from: number, to: number): boolean {
    return this.stretches.some((stretch) => stretch.from <= from && stretch.to >= to);
  }

  private control({ type, seq, from, to }: { type: string; seq: number; from: number; to: number }): void {
    if (type === "hello") this.begin(seq);
    if (type !== "skip") return;
    this.skips++;
    this.skippedBytes += to - from;
    this.begin(to);
  }

  private begin(position: number): void {
    this.position = position;
    this.stretches.push({ from: position, to: position, hash: createHash("sha256") });
  }
}
