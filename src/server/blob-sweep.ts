import type { Service } from "./service.js";
import { removeUnreferenced } from "./uploads.js";

/** Removes files that no image has: those that an earlier process kept and did not live to write the row for, and those whose image another server has deleted. */
export class BlobSweep {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | null = null;

  constructor(private readonly service: Pick<Service, "db" | "blobs" | "settings" | "log">) {}

  async once(): Promise<void> {
    for await (const sha256 of this.service.blobs.list()) await removeUnreferenced(this.service, sha256);
  }

  /** Again and again from now on. */
  start(): void {
    const { settings, log } = this.service;
    this.timer = setInterval(() => {
      this.sweeping ??= this.once()
        .catch((error: unknown) => log.warn({ err: error }, "files were not swept"))
        .finally(() => {
          this.sweeping = null;
        });
    }, settings.sweepFilesMs);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }
}
