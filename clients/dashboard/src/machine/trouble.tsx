import type { VmData } from "@worldswitch/client";
import { reasonOf } from "../machines/states.js";
import { Message } from "../parts/message.js";

/** Why a machine has stopped, where nobody asked it to. */
export function Trouble({ vm }: { vm: VmData }) {
  const reason = reasonOf(vm);
  if (!reason) return null;
  const context = Object.entries(vm.fault?.context ?? {});
  const lead =
    vm.state === "error" ? "The machine cannot go on: " : vm.state === "stopped" ? "The machine is off: " : "Why it was started anew: ";
  return (
    <Message tone={vm.state === "error" ? "bad" : "warn"}>
      {lead}
      {reason}
      {context.length > 0 && (
        <details>
          <summary>What the guest was doing</summary>
          <code>{context.map(([name, value]) => `${name}=${value}`).join(" ")}</code>
        </details>
      )}
    </Message>
  );
}
