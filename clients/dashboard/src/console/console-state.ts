/** What a console's connection tells, and what that means to somebody who sits before it. */
import type { VmConsole } from "@worldswitch/client";
import { Observable } from "../live/observable.js";

export interface ConsoleState {
  /** `opening` also while the machine has no host yet. `over`: it is deleted. */
  phase: "opening" | "open" | "lost" | "over" | "failed";
  role: "viewer" | "writer" | null;
  /** Whether this connection may ever type; supposed until the service says. */
  mayWrite: boolean;
  /** Whether anybody types. */
  writer: boolean;
  viewers: number;
  failure: unknown;
}

const opening: ConsoleState = { phase: "opening", role: null, mayWrite: true, writer: false, viewers: 0, failure: null };

export function followConsole(vmConsole: VmConsole): Observable<ConsoleState> {
  const state = new Observable(opening);
  const become = (change: Partial<ConsoleState>) => state.set({ ...state.value, ...change });
  vmConsole.on("hello", ({ role, mayWrite, writer, viewers }) => become({ phase: "open", role, mayWrite, writer, viewers }));
  vmConsole.on("role", ({ role, writer, viewers }) => become({ role, writer, viewers }));
  vmConsole.on("lost", () => become({ phase: "lost", role: null }));
  vmConsole.closed.then(
    () => state.value.phase !== "failed" && become({ phase: "over", role: null }),
    (failure: unknown) => become({ phase: "failed", role: null, failure }),
  );
  return state;
}
