/** What one side brings and the other takes, one at a time. */
import { Changes } from "./changes.js";

export class Queue<T> {
  private items: T[] = [];
  private over: { error?: unknown } | null = null;
  private wake = () => {};
  private readonly taken = new Changes();

  get length(): number {
    return this.items.length;
  }

  put(item: T): void {
    this.items.push(item);
    this.wake();
  }

  /** In place of all that nobody has taken yet. */
  replace(item: T): void {
    this.items = [item];
    this.wake();
  }

  /** What is there is still taken; then comes the end, or `error`. */
  end(over: { error?: unknown } = {}): void {
    this.over ??= over;
    this.wake();
  }

  /** @throws the signal's reason */
  async untilEmpty(signal: AbortSignal): Promise<void> {
    await this.taken.until(() => this.items.length === 0 || null, { signal });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.items.length > 0) {
        const item = this.items.shift() as T;
        if (this.items.length === 0) this.taken.tell();
        yield item;
      }
      if (this.over) {
        if ("error" in this.over) throw this.over.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
