/** What one side brings and the other takes, one at a time. */
export class Queue<T> {
  private items: T[] = [];
  private over: { error?: unknown } | null = null;
  private wake = () => {};
  private drained = () => {};

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

  async untilEmpty(): Promise<void> {
    while (this.items.length > 0) {
      await new Promise<void>((resolve) => {
        this.drained = resolve;
      });
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.items.length > 0) {
        const item = this.items.shift() as T;
        if (this.items.length === 0) this.drained();
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
