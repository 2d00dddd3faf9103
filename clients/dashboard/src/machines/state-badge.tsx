import { looks, type VmState } from "./states.js";

export function StateBadge({ state, reason }: { state: VmState; reason?: string | null }) {
  return (
    <span class={`badge ${looks[state]}`} title={reason ?? undefined}>
      {state}
    </span>
  );
}
