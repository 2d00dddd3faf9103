import type { VmData } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { duration } from "../format/time.js";
import { useNow } from "../live/now.js";
import { useObserved } from "../live/use-observed.js";
import { useMay, useSession } from "../session/context.js";
import { DeleteMachine } from "./delete-machine.js";
import { MachineRow } from "./machine-row.js";
import { isOn } from "./states.js";
import type { Loads } from "./usage.js";

export function MachineTable({ machines, loads }: { machines: readonly VmData[]; loads: Loads }) {
  const images = useObserved(useSession().following.images.items);
  const names = new Map(images?.map(({ id, name }) => [id, name]));
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
              image={names.get(vm.image)}
              up={isOn(vm) && vm.startedAt ? duration((now - Date.parse(vm.startedAt)) / 1000) : ""}
              onDelete={operate ? setDeleting : null}
            />
          ))}
        </tbody>
      </table>
      {deleting && <DeleteMachine vm={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}
