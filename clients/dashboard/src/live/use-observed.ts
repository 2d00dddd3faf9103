import { useEffect, useState } from "preact/hooks";
import type { Observable } from "./observable.js";

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
