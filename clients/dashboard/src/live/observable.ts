/** A value that changes and is followed: what lives longer than a component keeps its state in one. */
import { useEffect, useState } from "preact/hooks";

export class Observable<T> {
  private readonly followers = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const follower of [...this.followers]) follower();
  }

  follow(follower: () => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}

/** The value now; the component is drawn again when it changes. */
export function useObserved<T>(observable: Observable<T>): T {
  const [, redraw] = useState<object>({});
  const drawn = observable.value;
  useEffect(() => {
    const unfollow = observable.follow(() => redraw({}));
    // It may have changed between drawing and here.
    if (!Object.is(drawn, observable.value)) redraw({});
    return unfollow;
  }, [observable]);
  return drawn;
}
