/** What the pages of somebody who is signed in work with. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Following } from "../live/following.js";
import type { Session } from "./session.js";

export interface Here extends Session {
  /** What the selected project holds. */
  following: Following;
}

const context = createContext<Here | null>(null);
export const HereProvider = context.Provider;

export function useHere(): Here {
  const here = useContext(context);
  if (!here) throw new Error("only below HereProvider");
  return here;
}

/** Whether the token may change things: what it may not do is not offered. */
export function useMay(): { operate: boolean; administer: boolean } {
  const { role } = useHere().who;
  return { operate: role !== "viewer", administer: role === "admin" };
}
