import type { VmData } from "@worldswitch/client";
import { Confirm } from "../parts/confirm.js";
import { useSession } from "../session/context.js";
import { remove } from "./act.js";

export function DeleteMachine({ vm, onClose, onDeleted }: { vm: VmData; onClose(): void; onDeleted?(): void }) {
  const session = useSession();
  const confirm = async () => {
    await remove(session, vm);
    onDeleted?.();
  };
  return (
    <Confirm title={`Delete ${vm.name}?`} action="Delete the machine" onConfirm={confirm} onClose={onClose}>
      It is switched off, and everything in its memory and its console is lost. This cannot be undone.
    </Confirm>
  );
}
