import pg from "pg";
import type { Database } from "./database.js";
import type { Event } from "./generated/client.js";
import { eventChannel, latestSeq } from "./outbox.js";

export type FeedListener = (event: Event) => void;

interface Subscription {
  listener: FeedListener;
  onRewind: () => void;
}

/** Asks for newer events at this pace even without a notification: one can be lost while the connection is being made again. */
const pollMs = 1000;
const pageSize = 500;

/**
 * All events from now on, in commit order, once each, in this process: what waits, streams and workers follow. Listens on its own connection and makes it
 * again when the database has gone away; nothing is missed in between, since it reads rows by `seq`.
 */
export class EventFeed {
  private readonly subscriptions = new Set<Subscription>();
  private connection: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private reading: Promise<void> | null = null;
  private again = false;
  private closed = false;
  private seq = 0n;

  constructor(
    private readonly db: Database,
    private readonly url: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** `seq` of the newest event given to listeners. */
  get position(): bigint {
    return this.seq;
  }

  async start(): Promise<void> {
    this.seq = await latestSeq(this.db);
    await this.listen();
    this.timer = setInterval(() => this.wake(), pollMs);
  }

  /**
   * Calls `listener` for each event until the returned function is called, and `onRewind` when the database has been restored to an earlier time: then rows are not
   * what events have said. Neither may throw.
   */
  subscribe(listener: FeedListener, onRewind: () => void = () => {}): () => void {
    const subscription = { listener, onRewind };
    this.subscriptions.add(subscription);
    return () => this.subscriptions.delete(subscription);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearInterval(this.timer);
    this.subscriptions.clear();
    const connection = this.connection;
    this.connection = null;
    await Promise.allSettled([this.reading, connection?.end()]);
  }

  private async listen(): Promise<void> {
    const connection = new pg.Client({ connectionString: this.url, keepAlive: true, application_name: "worldswitch feed" });
    connection.on("notification", () => this.wake());
    connection.on("error", (error) => this.lost(connection, error));
    connection.on("end", () => this.lost(connection, null));
    await connection.connect();
    await connection.query(`LISTEN ${eventChannel}`);
    this.connection = connection;
  }

  private lost(connection: pg.Client, error: unknown): void {
    if (error && !this.closed) this.onError(error);
    if (this.connection === connection) this.connection = null;
  }

  private wake(): void {
    if (this.closed) return;
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = this.read()
      .catch((error) => {
        if (!this.closed) this.onError(error);
      })
      .finally(() => {
        this.reading = null;
        if (this.again) {
          this.again = false;
          this.wake();
        }
      });
  }

  private async read(): Promise<void> {
    if (!this.connection) await this.listen();
    for (;;) {
      const events = await this.db.event.findMany({ where: { seq: { gt: this.seq } }, orderBy: { seq: "asc" }, take: pageSize });
      for (const event of events) {
        this.seq = event.seq;
        for (const { listener } of this.subscriptions) listener(event);
      }
      if (events.length === 0) await this.rewind();
      if (events.length < pageSize || this.closed) return;
    }
  }

  /** Where the newest event is an earlier one than has been read, goes on from there: it would be deaf until `seq` is back where it was. */
  private async rewind(): Promise<void> {
    const newest = await latestSeq(this.db);
    if (newest >= this.seq) return;
    this.seq = newest;
    for (const { onRewind } of this.subscriptions) onRewind();
  }
}
