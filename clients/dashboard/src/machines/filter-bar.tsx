import type { VmData } from "@worldswitch/client";
import { Icon } from "../parts/icon.js";
import { Segments } from "../parts/segments.js";
import { type Filter, groupNames, groups, inGroup } from "./filter.js";

interface Props {
  machines: readonly VmData[];
  filter: Filter;
  onChange(filter: Filter): void;
}

export function FilterBar({ machines, filter, onChange }: Props) {
  const choices = groupNames
    .map((value) => ({ value, count: machines.filter((vm) => inGroup(vm, value)).length }))
    .filter(({ value, count }) => value === "all" || value === filter.group || count > 0)
    .map(({ value, count }) => ({
      value,
      label: (
        <>
          {groups[value].label} <span class="faint figure">{count}</span>
        </>
      ),
    }));
  return (
    <div class="filter-bar">
      <label class="search">
        <span class="unseen">Search by name, label or id</span>
        <Icon name="search" size={16} />
        <input
          class="input"
          type="search"
          placeholder="Name, label=value or id"
          value={filter.words}
          onInput={(event) => onChange({ ...filter, words: event.currentTarget.value })}
        />
      </label>
      <div class="scroll-x">
        <Segments label="State" choices={choices} value={filter.group} onChoose={(group) => onChange({ ...filter, group })} />
      </div>
    </div>
  );
}
