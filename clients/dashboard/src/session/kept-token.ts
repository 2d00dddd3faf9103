/** The token between visits: for this tab, or until one signs out, as was chosen at sign-in. */
const KEY = "worldswitch.token";
/** Id of the kept token if it was made for this browser, by a link. */
const OWN_ID = "worldswitch.own-token-id";

export function keptToken(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

/** @param stay also after the browser was closed */
export function keepToken(token: string, stay: boolean): void {
  forgetToken();
  (stay ? localStorage : sessionStorage).setItem(KEY, token);
}

/** One that was made for this browser: nobody else has it. */
export function keepOwnToken({ id, secret }: { id: string; secret: string }): void {
  keepToken(secret, true);
  localStorage.setItem(OWN_ID, id);
}

export function isOwnToken(id: string): boolean {
  return localStorage.getItem(OWN_ID) === id;
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
  localStorage.removeItem(OWN_ID);
}
