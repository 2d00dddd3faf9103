/** All resources of a kind, kept as they are now: listed once, then those are read again that events are about. */
import { Observable } from "./observable.js";

export interface Source<T> {
  /** A page, from the beginning or a cursor. */
  list(cursor: string | undefined): Promise<{ items: T[]; nextCursor: string | null; eventSeq: number }>;
  /** null: there is none any more. */
  get(id: string): Promise<T | null>;
  /** After a listing failed: resolves when it is to be tried once more, or not at all. */
  again(failure: unknown): Promise<boolean>;
  idOf(item: T): string;
  /** Newest first. */
  createdAt(item: T): string;
  /** The most that are listed; older ones are left out. */
  most: number;
}

/** With more changes than this at once, listing anew is cheaper than reading each. */
const MANY = 12;

export class Collection<T> {
  /** null until the first page is here. */
  readonly items = new Observable<readonly T[] | null>(null);
  /** Why they cannot be shown. */
  readonly failure = new Observable<unknown>(null);
  /** There are more than are listed. */
  readonly incomplete = new Observable(false);
  private readonly changed = new Set<string>();
  /** Dropped since the listing that is shown was asked for: answers that are still on their way may have them. */
  private readonly gone = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();
  private waiting = false;
  private stale = false;

  constructor(private readonly source: Source<T>) {}

  /** Lists all, as soon as that succeeds; the first page is shown at once. Gives the event to follow from, or null where it is given up. */
  load(): Promise<number | null> {
    return this.inTurn(() => this.list());
  }

  /** Something has happened to this one: it is read again soon. */
  touch(id: string): void {
    this.changed.add(id);
    void this.work();
  }

  /** Anything may have happened. */
  refresh(): void {
    this.stale = true;
    void this.work();
  }

  /** What an answer just said of one of them. */
  put(item: T): void {
    const before = this.items.value;
    const id = this.source.idOf(item);
    if (before === null || this.gone.has(id)) return;
    const index = before.findIndex((other) => this.source.idOf(other) === id);
    if (index >= 0) this.items.set(before.with(index, item));
    else this.items.set([...before, item].sort((a, b) => this.source.createdAt(b).localeCompare(this.source.createdAt(a))));
  }

  drop(id: string): void {
    this.changed.delete(id);
    this.gone.add(id);
    const before = this.items.value;
    if (before?.some((item) => this.source.idOf(item) === id)) this.items.set(before.filter((item) => this.source.idOf(item) !== id));
  }

  /** One after the other: what is read was read after the event that asked for it, and nothing older is shown after it. */
  private inTurn<R>(task: () => Promise<R>): Promise<R> {
    const turn = this.last.then(task);
    this.last = turn;
    return turn;
  }

  private async work(): Promise<void> {
    if (this.waiting) return;
    this.waiting = true;
    await this.inTurn(async () => {
      this.waiting = false;
      const ids = [...this.changed];
      this.changed.clear();
      if (this.stale || ids.length > MANY) await this.list();
      else await Promise.all(ids.map((id) => this.read(id)));
    });
  }

  private async list(): Promise<number | null> {
    for (;;) {
      try {
        return await this.listOnce();
      } catch (error) {
        this.failure.set(error);
        if (!(await this.source.again(error))) return null;
      }
    }
  }

  private async listOnce(): Promise<number> {
    this.stale = false;
    this.gone.clear();
    const first = await this.source.list(undefined);
    const all = [...first.items];
    if (this.items.value === null) this.show(all);
    let cursor = first.nextCursor;
    while (cursor !== null && all.length < this.source.most) {
      const next = await this.source.list(cursor);
      all.push(...next.items);
      cursor = next.nextCursor;
    }
    this.show(all);
    this.incomplete.set(cursor !== null);
    this.failure.set(null);
    return first.eventSeq;
  }

  private show(listed: readonly T[]): void {
    this.items.set(listed.filter((item) => !this.gone.has(this.source.idOf(item))));
  }

  private async read(id: string): Promise<void> {
    try {
      const item = await this.source.get(id);
      if (item) this.put(item);
      else this.drop(id);
    } catch {
      // The client has tried more than once: the server is away, which the stream of events tells, and all is listed when it is back.
    }
  }
}
