import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

/** How long the database may take to notice that an earlier worker of this host has gone. */
const patienceMs = 5_000;

/** Another worker of this host is alive. */
export class HostInUse extends Error {
  override name = "HostInUse";
}

/**
 * Says that one worker, and no other, works for a host: an advisory lock on a connection of its own, which the database gives up when this process is gone. When
 * the database goes away, the lock does too; it is then taken again, and lost for good if somebody else came first.
 */
export class HostLock {
  private connection: pg.Client | null = null;
  private closed = false;

  private constructor(
    private readonly url: string,
    private readonly hostId: string,
    private readonly onLost: (error: Error) => void,
  ) {}

  /** @throws HostInUse */
  static async take(url: string, hostId: string, onLost: (error: Error) => void): Promise<HostLock> {
    const lock = new HostLock(url, hostId, onLost);
    await lock.acquire();
    return lock;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.connection?.end().catch(() => {});
  }

  private async acquire(): Promise<void> {
    const connection = new pg.Client({ connectionString: this.url, keepAlive: true, application_name: "worldswitch host" });
    connection.on("error", () => {});
    connection.on("end", () => {
      if (!this.closed && this.connection === connection) void this.acquireAgain();
    });
    await connection.connect();
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const { rows } = await connection.query<{ taken: boolean }>("SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken", [
        `worldswitch ${this.hostId}`,
      ]);
      if (rows[0].taken) break;
      if (Date.now() > deadline) {
        await connection.end();
        throw new HostInUse(`another worker is working for this host (${this.hostId})`);
      }
      await delay(100);
    }
    this.connection = connection;
  }

  private async acquireAgain(): Promise<void> {
    this.connection = null;
    while (!this.closed) {
      try {
        return await this.acquire();
      } catch (error) {
        if (error instanceof HostInUse) return this.onLost(error);
        await delay(250);
      }
    }
  }
}
