/** Who is signed in on this page: a token that the service has confirmed, and the client that carries it. */
import type { Token, Worldswitch } from "@worldswitch/client";
import { Following } from "../live/following.js";
import { Observable } from "../live/observable.js";
import { clientFor } from "./client.js";
import { isCode } from "./explain.js";
import { forgetToken, isOwnToken, keepOwnToken, keepToken, keptToken } from "./kept-token.js";
import { takeSignInCode } from "./sign-in-code.js";

export interface Session {
  token: string;
  who: Token;
  client: Worldswitch;
  /** The selected project, and what it holds. */
  project: string;
  following: Following;
}

/** `note`: what to say beside the form. */
export type Presence =
  | { state: "signing-in" }
  | { state: "out"; note: string | null; failure: unknown }
  | { state: "in"; session: Session };

export const presence = new Observable<Presence>({ state: "signing-in" });

const expired = "Your sign-in is not valid any more: it has expired, or the token was revoked.";
const notRevoked = "You are signed out on this page, but the server could not be told: the token that it had for you still holds.";

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
    const made = await clientFor({ token: null }).request("signIn", { body: { code } });
    keepOwnToken(made);
    await signIn(made.secret);
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
  enter({ ...open(token), who, project: who.projectId });
}

/** With a token that was kept: whose it is and what is to be shown are asked for at the same time. */
async function signIn(token: string): Promise<void> {
  become({ state: "signing-in" });
  const opened = open(token);
  try {
    const who = await opened.client.request("getToken", {});
    enter({ ...opened, who, project: who.projectId });
  } catch (error) {
    opened.following.end();
    if (isCode(error, "unauthorized")) {
      forgetToken();
      signedOut(expired);
    } else signedOut(null, error);
  }
}

/** @param project default: the token's own */
function open(token: string, project?: string): Pick<Session, "token" | "client" | "following"> {
  const refused = () => {
    if (presence.value.state !== "in" || presence.value.session.token !== token) return;
    forgetToken();
    signedOut(expired);
  };
  const client = clientFor({ token, project, refused });
  const following = new Following(client);
  void following.start();
  return { token, client, following };
}

function enter(session: Session): void {
  become({ state: "in", session });
}

/** An administrator of the installation looks at another project. */
export function selectProject(project: string): void {
  if (presence.value.state !== "in") return;
  const { token, who } = presence.value.session;
  enter({ ...open(token, project), who, project });
}

/** A token that was made for this browser ends with it; one that was pasted is somebody's who may use it elsewhere. */
export async function signOut({ token, who }: Session): Promise<void> {
  const own = isOwnToken(who.id);
  forgetToken();
  signedOut(null);
  if (!own) return;
  try {
    await clientFor({ token }).tokens.revoke(who.id);
  } catch (error) {
    if (presence.value.state === "out" && !isCode(error, "unauthorized")) signedOut(notRevoked);
  }
}

function signedOut(note: string | null, failure: unknown = null): void {
  become({ state: "out", note, failure });
}

function become(next: Presence): void {
  if (presence.value.state === "in") presence.value.session.following.end();
  presence.set(next);
}
