/**
 * A lock file between processes, so that an image is prepared once and not by each who asks for it at the same time. The holder renews the file's time;
 * one that died leaves a time that stands still. Should two ever hold it (a holder that stood still, too), both do the work and the results are
 * put in place atomically: the lock saves work, nothing relies on it.
 */
import { mkdir, open, rm, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const RENEW_MS = 1000;
const STALE_MS = 10_000;
const RETRY_MS = 250;

/** Runs `body` while holding the lock. @param onWait called once where another holds it */
export async function withLock<T>(
  file: string,
  body: () => Promise<T>,
  options: { signal?: AbortSignal; onWait?: () => void } = {},
): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  for (let attempt = 0; !(await acquire(file)); attempt++) {
    if (attempt === 0) options.onWait?.();
    if (await isStale(file)) await rm(file, { force: true });
    else await delay(RETRY_MS, undefined, { signal: options.signal });
  }
  const renewal = setInterval(() => {
    const now = new Date();
    // The file may be gone where another took us for dead; then there is nothing to renew.
    utimes(file, now, now).catch(() => undefined);
  }, RENEW_MS);
  try {
    return await body();
  } finally {
    clearInterval(renewal);
    await rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<boolean> {
  try {
    await (await open(file, "wx")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isStale(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs > STALE_MS;
}
