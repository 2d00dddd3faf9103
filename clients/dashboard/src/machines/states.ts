/** What a machine's state is called and looks like, and what may be done in it: only what the service would accept is offered. */
import type { VmData } from "@worldswitch/client";
import type { IconName } from "../parts/icon-paths.js";

export type VmState = VmData["state"];
export type Look = "good" | "warn" | "bad" | "busy" | "idle";

export const looks: Record<VmState, Look> = {
  creating: "busy",
  starting: "busy",
  stopping: "busy",
  deleting: "busy",
  running: "good",
  paused: "warn",
  suspended: "warn",
  error: "bad",
  stopped: "idle",
};

/** It has a process on its host. */
export function isOn({ state }: VmData): boolean {
  return state === "running" || state === "paused";
}

export type ActionName = "start" | "pause" | "resume" | "shutdown" | "reset" | "stop";

export interface Action {
  name: ActionName;
  label: string;
  icon: IconName;
  meaning: string;
  in: readonly VmState[];
}

export const actions: readonly Action[] = [
  { name: "start", label: "Start", icon: "start", meaning: "Switch the machine on", in: ["stopped", "error"] },
  { name: "resume", label: "Resume", icon: "start", meaning: "Let the machine run on", in: ["paused", "suspended"] },
  { name: "pause", label: "Pause", icon: "pause", meaning: "Hold the machine's processor still", in: ["running"] },
  { name: "shutdown", label: "Shut down", icon: "shutdown", meaning: "Ask the guest to shut down", in: ["running"] },
  { name: "reset", label: "Reset", icon: "reset", meaning: "Press the reset button: the guest starts anew", in: ["running"] },
  {
    name: "stop",
    label: "Power off",
    icon: "power",
    meaning: "Pull the plug, at once",
    in: ["running", "paused", "suspended", "starting", "stopping"],
  },
];

export function actionsIn(state: VmState): readonly Action[] {
  return actions.filter((action) => action.in.includes(state));
}

const reasons: Record<string, string> = {
  halted: "the guest has powered off",
  poweroff: "the guest has powered off",
  guest_fault: "the guest did something that the monitor cannot do faithfully",
  vm_process_lost: "the machine's process ended unexpectedly",
  worker_lost: "its host went away while it ran",
  no_host: "there is no host with room for it",
  image_failed: "its image could not be prepared",
  cancelled: "its start was cancelled",
  internal_error: "the service failed",
};

/** Why a machine is in its state, in words; null where that is plain. */
export function reasonOf(vm: VmData): string | null {
  if (vm.fault) return vm.fault.message;
  return vm.stateReason && (reasons[vm.stateReason] ?? vm.stateReason.replaceAll("_", " "));
}
