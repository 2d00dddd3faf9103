import { useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { useObserved } from "../live/use-observed.js";
import { CreateMachine } from "../machines/create-machine.js";
import { type Filter, matches, noFilter } from "../machines/filter.js";
import { FilterBar } from "../machines/filter-bar.js";
import { MachineTable } from "../machines/machine-table.js";
import { useLoads } from "../machines/usage.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Loading } from "../parts/loading.js";
import { useMay, useSession } from "../session/context.js";
import "../machines/machines.css";

export function MachinesPage() {
  const { following } = useSession();
  const { operate } = useMay();
  const machines = useObserved(following.machines.items);
  const incomplete = useObserved(following.machines.incomplete);
  const failure = useObserved(following.machines.failure);
  const [filter, setFilter] = useState<Filter>(noFilter);
  const [creating, setCreating] = useState(false);
  const loads = useLoads();

  const shown = machines?.filter((vm) => matches(vm, filter)) ?? [];
  const create = operate && (
    <button type="button" class="button primary" onClick={() => setCreating(true)}>
      <Icon name="plus" />
      New machine
    </button>
  );
  return (
    <Page title="Machines" about={machines && machines.length > 0 ? listed(machines.length, incomplete) : undefined} actions={create}>
      {machines === null ? (
        <Loading failure={failure} what="The machines" />
      ) : machines.length === 0 ? (
        <div class="card">
          <Empty icon="machines" title="No machines yet">
            <p>
              A machine boots an image and gives you its console right here. The first one with <code>debian-mini</code> prepares that image
              by itself, out of Debian packages.
            </p>
            {create}
          </Empty>
        </div>
      ) : (
        <>
          <FilterBar machines={machines} filter={filter} onChange={setFilter} />
          {shown.length === 0 ? (
            <div class="card">
              <Empty icon="search" title="No machine fits">
                <p>
                  None of the {incomplete && "newest "}
                  {counted(machines.length)} has what you look for.
                </p>
                <button type="button" class="button" onClick={() => setFilter(noFilter)}>
                  Show all
                </button>
              </Empty>
            </div>
          ) : (
            <MachineTable machines={shown} loads={loads} />
          )}
        </>
      )}
      {creating && <CreateMachine onClose={() => setCreating(false)} />}
    </Page>
  );
}

function listed(machines: number, incomplete: boolean): string {
  return incomplete ? `Only the newest ${machines} are listed` : counted(machines);
}

function counted(machines: number): string {
  return machines === 1 ? "1 machine" : `${machines} machines`;
}
