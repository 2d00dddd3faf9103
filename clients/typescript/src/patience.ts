/** Waiting between attempts. */

const firstMs = 200;
const mostMs = 5_000;

/** Longer and longer, and never two clients in step. `attempt` counts from 0. */
export function backoffMs(attempt: number): number {
  return Math.min(firstMs * 2 ** attempt, mostMs) * (0.75 + Math.random() / 2);
}

/** @throws the signal's reason */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
