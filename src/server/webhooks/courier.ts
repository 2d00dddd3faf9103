import type { Logger } from "pino";
import type { Database } from "../../store/database.js";
import type { EventFeed } from "../../store/feed.js";
import { type Claim, claimDeliveries, releaseDelivery, settleDelivery, webhooksWithWork } from "../../store/webhook-work.js";
import { showEvent } from "../representation.js";
import { type AttemptOptions, attempt } from "./attempt.js";
import { signedFields } from "./signature.js";

/** Looks for deliveries that are due at this pace, in milliseconds. */
const pollMs = 1000;

/** Events that come together are looked at together, in milliseconds. */
const gatherMs = 20;

export interface CourierOptions extends AttemptOptions {
  db: Database;
  feed: EventFeed;
  log: Logger;
  /** Told how each attempt ended. */
  count: (outcome: "succeeded" | "failed") => void;
}

/**
 * Posts events to webhooks. Every API server has one; what there is to do, and who does it, is in the rows (src/store/webhook-work.ts). Each webhook has a bound
 * of its own and there is none in common: so a target that hangs takes nobody else's turn.
 */
export class Courier {
  private readonly underWay = new Set<Promise<void>>();
  private readonly interrupt = new AbortController();
  private unsubscribe = () => {};
  private poll: NodeJS.Timeout | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private round: Promise<void> | null = null;
  private again = false;
  private closed = false;

  constructor(private readonly options: CourierOptions) {}

  start(): void {
    this.unsubscribe = this.options.feed.subscribe(() => this.wake());
    this.poll = setInterval(() => this.wake(), pollMs);
    this.wake();
  }

  /** Begins nothing more; gives attempts that are under way `graceMs`, then leaves them to another server. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    this.unsubscribe();
    clearInterval(this.poll);
    clearTimeout(this.gathering);
    const cut = setTimeout(() => this.interrupt.abort(), graceMs);
    await this.round;
    await Promise.all(this.underWay);
    clearTimeout(cut);
  }

  /** Looks soon. */
  private wake(): void {
    if (this.closed) return;
    if (this.round) this.again = true;
    else this.gathering ??= setTimeout(() => this.begin(), gatherMs);
  }

  private begin(): void {
    this.gathering = undefined;
    this.again = false;
    this.round = this.look()
      .catch((error: unknown) => this.options.log.warn({ err: error }, "webhooks were not looked at"))
      .finally(() => {
        this.round = null;
        if (this.again) this.wake();
      });
  }

  private async look(): Promise<void> {
    const { db } = this.options;
    for (const webhookId of await webhooksWithWork(db)) {
      if (this.closed) return;
      const { claims, more } = await claimDeliveries(db, webhookId);
      if (more) this.again = true;
      for (const claim of claims) {
        const done = this.deliver(claim).finally(() => this.underWay.delete(done));
        this.underWay.add(done);
      }
    }
  }

  /** Never fails: what is not written is done again when its lease is over. */
  private async deliver(claim: Claim): Promise<void> {
    const { db, log, count } = this.options;
    const { id: delivery, webhookId: webhook } = claim;
    try {
      const result = await this.post(claim);
      if (result === null) {
        await releaseDelivery(db, claim);
        return;
      }
      count(result.error === null ? "succeeded" : "failed");
      log.info({ delivery, webhook, ...result }, "webhook attempted");
      await settleDelivery(db, claim, result);
    } catch (error) {
      log.warn({ delivery, webhook, err: error }, "how a webhook's attempt ended was not written");
    }
    this.wake();
  }

  /** null: interrupted. */
  private async post({ url, secret, event }: Claim) {
    const body = JSON.stringify(showEvent(event));
    const headers = signedFields(secret, event.id, new Date(), body);
    try {
      return await attempt({ url, headers, body }, this.options, this.interrupt.signal);
    } catch (error) {
      if (this.interrupt.signal.aborted) return null;
      throw error;
    }
  }
}
