/** What the command reads and writes: the process, or a test. */
import type { ReadStream } from "node:tty";

export interface Output {
  write(text: string | Uint8Array): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  off(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: "drain", listener: () => void): unknown;
}

export interface Io {
  stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY" | "setRawMode">>;
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
}

/** Waits where the reader is slow: nothing piles up. @throws the signal's reason: a reader that has gone takes nothing any more */
export async function writeAll(output: Output, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (output.write(bytes)) return;
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
  });
  try {
    signal.throwIfAborted();
    await Promise.race([stopped, new Promise<void>((resolve) => output.once("drain", resolve))]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
