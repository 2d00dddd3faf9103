/** Waiting for something to become true of an object that tells whenever it changes. */
import { TimeoutError } from "./errors.js";

export interface Patience {
  timeoutMs?: number;
  signal?: AbortSignal;
  /** What is thrown when time is up. */
  late?: () => Error;
}

export class Changes {
  private readonly waiting = new Set<() => void>();

  tell(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** Looks at each change, until there is something. @throws whatever `look` throws, the signal's reason, and TimeoutError */
  async until<T>(look: () => T | null, { timeoutMs, signal, late }: Patience = {}): Promise<T> {
    const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const seen = look();
      if (seen !== null) return seen;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw late?.() ?? new TimeoutError("time is up");
      await this.next(leftMs, signal);
    }
  }

  private async next(mostMs: number, signal: AbortSignal | undefined): Promise<void> {
    let wake = () => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve) => {
        wake = resolve;
        this.waiting.add(wake);
        signal?.addEventListener("abort", wake);
        if (Number.isFinite(mostMs)) timer = setTimeout(wake, mostMs);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      this.waiting.delete(wake);
    }
  }
}
