/** The code of a sign-in link, `/#sign-in=CODE`. It leaves the address bar at once, and the browser's history with it. */
export function takeSignInCode(): string | null {
  const found = /^#sign-in=(.+)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname + location.search);
  // Replacing it tells nobody: who shows a place by the address looks again.
  dispatchEvent(new HashChangeEvent("hashchange"));
  return decodeURIComponent(found[1]);
}
