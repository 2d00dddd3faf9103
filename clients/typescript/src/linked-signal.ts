/**
 * A controller that is also aborted when `longer` is, and lets go of it once it has been aborted: so each has to be, at the end of what it stands for.
 * `AbortSignal.any` needs no such end, but on Node 20 and 22 the longer-lived signal keeps something of each for ever.
 */
export function linkedTo(longer: AbortSignal | undefined): AbortController {
  const own = new AbortController();
  if (longer?.aborted) {
    own.abort(longer.reason);
    return own;
  }
  const follow = () => own.abort(longer?.reason);
  longer?.addEventListener("abort", follow);
  own.signal.addEventListener("abort", () => longer?.removeEventListener("abort", follow), { once: true });
  return own;
}
