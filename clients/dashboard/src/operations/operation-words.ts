import type { Operation } from "@worldswitch/client";
import type { Look } from "../machines/states.js";

export const kindNames: Record<Operation["kind"], string> = {
  "vm.create": "Create",
  "vm.start": "Start",
  "vm.shutdown": "Shut down",
  "vm.stop": "Power off",
  "vm.reset": "Reset",
  "vm.pause": "Pause",
  "vm.resume": "Resume",
  "vm.delete": "Delete",
};

export const stateLooks: Record<Operation["state"], Look> = {
  queued: "busy",
  running: "busy",
  succeeded: "good",
  failed: "bad",
  cancelled: "idle",
};

/** How long it took, or takes so far. */
export function lasted({ createdAt, endedAt }: Operation, now: number): string {
  const seconds = ((endedAt ? Date.parse(endedAt) : now) - Date.parse(createdAt)) / 1000;
  return seconds < 0.995
    ? `${Math.max(1, Math.round(seconds * 1000))} ms`
    : `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
