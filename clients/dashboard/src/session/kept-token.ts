/** The token between visits: for this tab, or until one signs out, as was chosen at sign-in. */
const KEY = "worldswitch.token";

export function keptToken(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

/** @param stay also after the browser was closed */
export function keepToken(token: string, stay: boolean): void {
  forgetToken();
  (stay ? localStorage : sessionStorage).setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}
