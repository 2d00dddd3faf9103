import type { VmData } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { act } from "../machines/act.js";
import { DeleteMachine } from "../machines/delete-machine.js";
import { actionsIn } from "../machines/states.js";
import { Icon } from "../parts/icon.js";
import { useMay, useSession } from "../session/context.js";

/** What can be done to the machine as it is now. */
export function Controls({ vm }: { vm: VmData }) {
  const session = useSession();
  const { operate } = useMay();
  const [deleting, setDeleting] = useState(false);
  if (!operate) return null;
  return (
    <>
      {actionsIn(vm.state).map(({ name, label, icon, meaning }) => (
        <button
          key={name}
          type="button"
          class={name === "start" || name === "resume" ? "button primary" : "button"}
          title={meaning}
          onClick={() => void act(session, vm, name)}
        >
          <Icon name={icon} size={17} />
          {label}
        </button>
      ))}
      <button type="button" class="button danger" disabled={vm.state === "deleting"} onClick={() => setDeleting(true)}>
        <Icon name="remove" size={17} />
        Delete
      </button>
      {deleting && <DeleteMachine vm={vm} onClose={() => setDeleting(false)} />}
    </>
  );
}
