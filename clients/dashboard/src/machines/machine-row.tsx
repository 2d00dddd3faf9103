import type { VmData } from "@worldswitch/client";
import { addressOf } from "../app/places.js";
import { Sparkline } from "../charts/sparkline.js";
import { bytes, mebibytes, rate } from "../format/quantity.js";
import { Icon } from "../parts/icon.js";
import { Pure } from "../parts/pure.js";
import { useSession } from "../session/context.js";
import { act } from "./act.js";
import { LabelTags } from "./label-tags.js";
import { StateBadge } from "./state-badge.js";
import { actionsIn, isOn, reasonOf } from "./states.js";
import { type Load, ROOM } from "./usage.js";

interface Props {
  vm: VmData;
  load: Load | undefined;
  image: string | undefined;
  /** For how long it has been on. */
  up: string;
  /** null: nothing may be done. */
  onDelete: ((vm: VmData) => void) | null;
}

export class MachineRow extends Pure<Props> {
  render({ vm, load, image, up, onDelete }: Props) {
    const reason = reasonOf(vm);
    return (
      <tr>
        <td class="name">
          <a href={addressOf({ machine: vm.id })}>{vm.name}</a>
          <LabelTags labels={vm.labels} />
          {reason && <div class="reason faint">{reason}</div>}
        </td>
        <td>
          <StateBadge state={vm.state} />
        </td>
        <td class="speed">{isOn(vm) && load && <Speed name={vm.name} load={load} />}</td>
        <td class="number">
          <span title={isOn(vm) && load ? `${bytes(load.residentBytes)} on the host` : undefined}>{mebibytes(vm.memoryMiB)}</span>
        </td>
        <td class="wide soft">{image}</td>
        <td class="wide soft figure">{up}</td>
        {onDelete && <RowActions vm={vm} onDelete={() => onDelete(vm)} />}
      </tr>
    );
  }
}

function Speed({ name, load: { speeds } }: { name: string; load: Load }) {
  const newest = speeds.at(-1);
  return (
    <div>
      <Sparkline values={speeds} room={ROOM} label={`Instructions per second of ${name} over the last minute`} />
      <span class="figure">{newest !== undefined && rate(newest)}</span>
    </div>
  );
}

/** The likeliest next step, power off, and delete; the rest is on the machine's page. */
function RowActions({ vm, onDelete }: { vm: VmData; onDelete(): void }) {
  const session = useSession();
  const offered = actionsIn(vm.state).filter(({ name }) => name !== "shutdown" && name !== "reset");
  return (
    <td class="actions">
      {offered.map(({ name, label, icon }) => (
        <button
          key={name}
          type="button"
          class="button plain icon small"
          aria-label={`${label} ${vm.name}`}
          title={label}
          onClick={() => void act(session, vm, name)}
        >
          <Icon name={icon} size={17} />
        </button>
      ))}
      <button
        type="button"
        class="button plain icon small"
        aria-label={`Delete ${vm.name}`}
        title="Delete"
        disabled={vm.state === "deleting"}
        onClick={onDelete}
      >
        <Icon name="remove" size={17} />
      </button>
    </td>
  );
}
