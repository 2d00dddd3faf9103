/** Small regular duties that any worker may do for all: nothing here minds being done twice, or at the same time by another. */
import type { Logger } from "pino";
import type { JobQueue } from "../queue/queue.js";
import { acceptAction } from "../store/acceptance.js";
import { forgetSilentApiServers } from "../store/api-servers.js";
import type { Database } from "../store/database.js";
import { sweepEvents } from "../store/event-list.js";
import { forgetHosts } from "../store/hosts.js";
import { releaseLostHosts } from "../store/lost-hosts.js";
import { sweepTokens } from "../store/tokens.js";

const dayMs = 24 * 3600_000;

/** How long ended operations, events and what goes with them are kept, and hosts without machines that are silent, in milliseconds. */
const kept = { operations: 7 * dayMs, events: 7 * dayMs, idempotencyKeys: dayMs, tokens: 7 * dayMs, silentHosts: dayMs };

/** An operation that has been queued for this long should have a job. */
const settledMs = 2_000;
const sweepMs = 3_000;
const tidyMs = 10 * 60_000;

export class Sweeper {
  private readonly timers: NodeJS.Timeout[] = [];
  private busy = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly queue: JobQueue,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.timers.push(
      setInterval(() => this.once("sweep", () => this.sweep(new Date(Date.now() - settledMs))), sweepMs),
      setInterval(() => this.once("tidy", () => this.tidy()), tidyMs),
    );
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.busy.values());
  }

  /** Adds a job for every operation queued before `before` that has none, settles what waits for hosts that are lost, and deletes machines whose time is up. */
  async sweep(before: Date): Promise<void> {
    for (const id of await releaseLostHosts(this.db)) await this.queue.submit(null, id);
    const queued = await this.db.operation.findMany({
      where: { state: "queued", createdAt: { lte: before } },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      select: { id: true, hostId: true },
      take: 1000,
    });
    for (const { id, hostId } of queued) await this.queue.submit(hostId, id);
    const expired = await this.db.vm.findMany({
      where: { expiresAt: { lte: new Date() }, state: { not: "deleting" } },
      select: { id: true, projectId: true },
      take: 100,
    });
    for (const { id, projectId } of expired) {
      const accepted = await acceptAction(this.db, { projectId, requestId: null, actor: null }, id, "delete");
      if (accepted.outcome === "accepted") await this.queue.submit(accepted.operation.hostId, accepted.operation.id);
    }
  }

  private async tidy(): Promise<void> {
    const before = (ms: number) => new Date(Date.now() - ms);
    await this.db.operation.deleteMany({ where: { endedAt: { lt: before(kept.operations) } } });
    await sweepEvents(this.db, before(kept.events));
    await this.db.idempotencyKey.deleteMany({ where: { createdAt: { lt: before(kept.idempotencyKeys) } } });
    await this.db.ticket.deleteMany({ where: { expiresAt: { lt: before(0) } } });
    await sweepTokens(this.db, before(kept.tokens));
    await forgetSilentApiServers(this.db);
    await forgetHosts(this.db, before(kept.silentHosts));
  }

  private once(name: string, work: () => Promise<void>): void {
    if (this.busy.has(name)) return;
    const done = work()
      .catch((error) => this.log.warn({ err: error }, `${name} failed`))
      .finally(() => this.busy.delete(name));
    this.busy.set(name, done);
  }
}
