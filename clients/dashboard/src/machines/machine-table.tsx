import type { VmData } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { useNow } from "../live/now.js";
import { useObserved } from "../live/observable.js";
import { useHere, useMay } from "../session/context.js";
import { DeleteMachine } from "./delete-machine.js";
import { MachineRow } from "./machine-row.js";
import type { Loads } from "./usage.js";

export function MachineTable({ machines, loads }: { machines: readonly VmData[]; loads: Loads }) {
  const images = useObserved(useHere().following.images.items);
  const { operate } = useMay();
  const now = useNow();
  const [deleting, setDeleting] = useState<VmData | null>(null);
  return (
    <div class="card">
      <table class="table machines">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Instructions</th>
            <th scope="col" class="number">
              Memory
            </th>
            <th scope="col" class="wide">
              Image
            </th>
            <th scope="col" class="wide">
              Up
            </th>
            {operate && (
              <th scope="col">
                <span class="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {machines.map((vm) => (
            <MachineRow
              key={vm.id}
              vm={vm}
              load={loads.get(vm.id)}
              image={images?.find(({ id }) => id === vm.image)?.name}
              now={now}
              onDelete={operate ? () => setDeleting(vm) : null}
            />
          ))}
        </tbody>
      </table>
      {deleting && <DeleteMachine vm={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}
