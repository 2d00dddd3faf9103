import type { VmData } from "@worldswitch/client";
import { addressOf } from "../app/places.js";
import { Sparkline } from "../charts/sparkline.js";
import { bytes, mebibytes, rate } from "../format/quantity.js";
import { duration } from "../format/time.js";
import { Icon } from "../parts/icon.js";
import { useHere } from "../session/context.js";
import { act } from "./act.js";
import { LabelTags } from "./label-tags.js";
import { StateBadge } from "./state-badge.js";
import { actionsIn, reasonOf } from "./states.js";
import { type Load, ROOM } from "./usage.js";

interface Props {
  vm: VmData;
  load: Load | undefined;
  image: string | undefined;
  now: number;
  /** null: nothing may be done. */
  onDelete: (() => void) | null;
}

export function MachineRow({ vm, load, image, now, onDelete }: Props) {
  const running = vm.state === "running" || vm.state === "paused";
  const reason = reasonOf(vm);
  const speed = load?.speeds.at(-1);
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
      <td class="speed">
        {running && load && (
          <div>
            <Sparkline values={load.speeds} room={ROOM} label={`Instructions per second of ${vm.name} over the last minute`} />
            <span class="figure">{speed === undefined ? "" : rate(speed)}</span>
          </div>
        )}
      </td>
      <td class="number">
        <span title={running && load ? `${bytes(load.residentBytes)} on the host` : undefined}>{mebibytes(vm.memoryMiB)}</span>
      </td>
      <td class="wide soft">{image ?? ""}</td>
      <td class="wide soft figure">{running && vm.startedAt ? duration((now - Date.parse(vm.startedAt)) / 1000) : ""}</td>
      {onDelete && <RowActions vm={vm} onDelete={onDelete} />}
    </tr>
  );
}

/** The likeliest next step, power off, and delete; the rest is on the machine's page. */
function RowActions({ vm, onDelete }: { vm: VmData; onDelete(): void }) {
  const here = useHere();
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
          onClick={() => void act(here, vm, name)}
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
