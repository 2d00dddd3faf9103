/** All resources of a kind, kept as they are now: listed once, then those are read again that events are about. */
import { Observable } from "./observable.js";

export interface Source<T> {
  /** A page, from the beginning or a cursor. */
  list(cursor: string | undefined): Promise<{ items: T[]; nextCursor: string | null; eventSeq: number }>;
  /** null: there is none any more. */
  get(id: string): Promise<T | null>;
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
  private readonly changed = new Set<string>();
  private working = false;
  private stale = false;

  constructor(private readonly source: Source<T>) {}

  /** Lists all; the first page is shown at once. Gives the event to follow from. */
  async load(): Promise<number | null> {
    try {
      const first = await this.source.list(undefined);
      const all = [...first.items];
      if (this.items.value === null) this.items.set(all.slice());
      let cursor = first.nextCursor;
      while (cursor !== null && all.length < this.source.most) {
        const next = await this.source.list(cursor);
        all.push(...next.items);
        cursor = next.nextCursor;
      }
      this.items.set(all);
      this.failure.set(null);
      return first.eventSeq;
    } catch (error) {
      this.failure.set(error);
      return null;
    }
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
    if (before === null) return;
    const id = this.source.idOf(item);
    const index = before.findIndex((other) => this.source.idOf(other) === id);
    if (index >= 0) this.items.set(before.with(index, item));
    else this.items.set([...before, item].sort((a, b) => this.source.createdAt(b).localeCompare(this.source.createdAt(a))));
  }

  drop(id: string): void {
    this.changed.delete(id);
    const before = this.items.value;
    if (before?.some((item) => this.source.idOf(item) === id)) this.items.set(before.filter((item) => this.source.idOf(item) !== id));
  }

  /** One after the other: what is read was read after the event that asked for it. */
  private async work(): Promise<void> {
    if (this.working || this.items.value === null) return;
    this.working = true;
    try {
      while (this.stale || this.changed.size > 0) {
        const ids = [...this.changed];
        this.changed.clear();
        if (this.stale || ids.length > MANY) {
          this.stale = false;
          await this.load();
        } else await Promise.all(ids.map((id) => this.read(id)));
      }
    } finally {
      this.working = false;
    }
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
