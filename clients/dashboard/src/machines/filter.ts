/** Which machines are shown: by a group of states, and by words that their names, labels or ids contain. */
import type { VmData } from "@worldswitch/client";
import type { VmState } from "./states.js";

export const groups = {
  all: { label: "All", states: null },
  running: { label: "Running", states: ["running"] },
  paused: { label: "Paused", states: ["paused", "suspended"] },
  stopped: { label: "Stopped", states: ["stopped"] },
  changing: { label: "Changing", states: ["creating", "starting", "stopping", "deleting"] },
  error: { label: "Error", states: ["error"] },
} as const satisfies Record<string, { label: string; states: readonly VmState[] | null }>;
export type Group = keyof typeof groups;
export const groupNames = Object.keys(groups) as Group[];

export interface Filter {
  group: Group;
  words: string;
}

export const noFilter: Filter = { group: "all", words: "" };

export function inGroup(vm: VmData, group: Group): boolean {
  const states: readonly VmState[] | null = groups[group].states;
  return states === null || states.includes(vm.state);
}

/** Each word must be found: `team=lab web` are the machines of team lab with "web" in them. */
export function matches(vm: VmData, { group, words }: Filter): boolean {
  if (!inGroup(vm, group)) return false;
  const labels = Object.entries(vm.labels).map(([key, value]) => `${key}=${value}`);
  const text = [vm.name, vm.id, ...labels].join("\n").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
