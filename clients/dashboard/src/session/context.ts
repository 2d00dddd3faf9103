/** What the pages of somebody who is signed in work with. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "./session.js";

const context = createContext<Session | null>(null);
export const SessionProvider = context.Provider;

export function useSession(): Session {
  const session = useContext(context);
  if (!session) throw new Error("only below SessionProvider");
  return session;
}

/** Whether the token may change things: what it may not do is not offered. */
export function useMay(): { operate: boolean; administer: boolean } {
  const { role } = useSession().who;
  return { operate: role !== "viewer", administer: role === "admin" };
}
