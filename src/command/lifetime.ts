import type { Logger } from "pino";

/** Closing everything may take this long, in milliseconds: guests get 10 s, then what is left is cut off. */
const closePatienceMs = 45_000;

/**
 * The life of a server process: what has been opened is closed in reverse order, at SIGTERM, SIGINT, or when something it cannot do without is lost. A second
 * signal, or too long a wait, ends the process at once; VM processes and the embedded PostgreSQL end with it.
 */
export class Lifetime {
  private readonly closers: { name: string; close: () => Promise<void> }[] = [];
  private ending = false;

  constructor(private readonly log: Logger) {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (this.ending) process.exit(130);
        this.end(0, signal);
      });
    }
    process.on("uncaughtException", (error) => {
      log.fatal({ err: error }, "a defect");
      process.exit(1);
    });
  }

  /** Opens a part; it is closed at the end. Once the end has begun, nothing more is opened. */
  async hold<T>(name: string, open: () => Promise<T>, close: (part: T) => Promise<void>): Promise<T> {
    if (this.ending) return new Promise(() => {});
    const part = await open();
    this.closers.push({ name, close: () => close(part) });
    // The end came while it was being opened, and did not know of it.
    if (this.ending) {
      await close(part).catch((error) => this.log.error({ err: error }, `closing ${name}`));
      return new Promise(() => {});
    }
    return part;
  }

  /** Ends the process. */
  end(code: number, reason: string): void {
    if (this.ending) return;
    this.ending = true;
    this.log.info({ reason }, "closing");
    setTimeout(() => process.exit(code || 1), closePatienceMs).unref();
    void this.closeAll().finally(() => process.exit(code));
  }

  /** Closes what is open, the last first. */
  async closeAll(): Promise<void> {
    this.ending = true;
    for (;;) {
      const closer = this.closers.pop();
      if (!closer) break;
      await closer.close().catch((error) => this.log.error({ err: error }, `closing ${closer.name}`));
    }
    this.log.info("closed");
  }
}
