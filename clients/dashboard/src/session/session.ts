/** Who is signed in on this page: a token that the service has confirmed, and the client that carries it. */
import type { Token, Worldswitch } from "@worldswitch/client";
import { Observable } from "../live/observable.js";
import { clientFor } from "./client.js";
import { isCode } from "./explain.js";
import { forgetToken, keepToken, keptToken } from "./kept-token.js";
import { takeSignInCode } from "./sign-in-code.js";

export interface Session {
  token: string;
  who: Token;
  client: Worldswitch;
  /** The selected project. */
  project: string;
}

/** `note`: what to say beside the form. */
export type Presence =
  | { state: "signing-in" }
  | { state: "out"; note: string | null; failure: unknown }
  | { state: "in"; session: Session };

export const presence = new Observable<Presence>({ state: "signing-in" });

const expired = "Your sign-in is not valid any more: it has expired, or the token was revoked.";

/** By the link that led here, else by the token of an earlier visit. */
export async function resume(): Promise<void> {
  const code = takeSignInCode();
  if (code !== null) return signInByCode(code);
  const token = keptToken();
  if (token === null) signedOut(null);
  else await signIn(token);
}

async function signInByCode(code: string): Promise<void> {
  try {
    const { secret } = await clientFor({ token: null }).request("signIn", { body: { code } });
    keepToken(secret, true);
    await signIn(secret);
  } catch (error) {
    // An earlier sign-in of this browser still holds, whatever became of the link.
    const token = keptToken();
    if (token !== null) await signIn(token);
    else signedOut(isCode(error, "sign_in_invalid") ? "This link was used before, or is older than ten minutes." : null, error);
  }
}

/** @throws what the service says to the token */
export async function signInByToken(token: string, stay: boolean): Promise<void> {
  const who = await clientFor({ token }).request("getToken", {});
  keepToken(token, stay);
  enter(token, who);
}

/** With a token that was kept. */
async function signIn(token: string): Promise<void> {
  presence.set({ state: "signing-in" });
  try {
    enter(token, await clientFor({ token }).request("getToken", {}));
  } catch (error) {
    if (isCode(error, "unauthorized")) {
      forgetToken();
      signedOut(expired);
    } else signedOut(null, error);
  }
}

function enter(token: string, who: Token, project = who.projectId): void {
  const refused = () => {
    if (presence.value.state !== "in" || presence.value.session.token !== token) return;
    forgetToken();
    signedOut(expired);
  };
  const client = clientFor({ token, project: project === who.projectId ? undefined : project, refused });
  presence.set({ state: "in", session: { token, who, project, client } });
}

/** An administrator of the installation looks at another project. */
export function selectProject(project: string): void {
  if (presence.value.state !== "in") return;
  const { token, who } = presence.value.session;
  enter(token, who, project);
}

export function signOut(): void {
  forgetToken();
  signedOut(null);
}

function signedOut(note: string | null, failure: unknown = null): void {
  presence.set({ state: "out", note, failure });
}
