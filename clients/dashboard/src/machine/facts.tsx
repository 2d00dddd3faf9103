import type { VmData } from "@worldswitch/client";
import type { ComponentChildren } from "preact";
import { mebibytes } from "../format/quantity.js";
import { ago, dateAndTime, duration } from "../format/time.js";
import { useNow } from "../live/now.js";
import { useObserved } from "../live/use-observed.js";
import { LabelTags } from "../machines/label-tags.js";
import { isOn } from "../machines/states.js";
import { useSession } from "../session/context.js";

/** What is known of a machine, beside what it does. */
export function Facts({ vm }: { vm: VmData }) {
  const images = useObserved(useSession().following.images.items);
  const now = useNow();
  const image = images?.find(({ id }) => id === vm.image);
  const facts: [string, ComponentChildren][] = [
    ["Image", image?.name ?? vm.image],
    ["Memory", mebibytes(vm.memoryMiB)],
    [
      "Created",
      <time dateTime={vm.createdAt} title={dateAndTime(vm.createdAt)}>
        {ago(vm.createdAt, now)}
      </time>,
    ],
  ];
  if (isOn(vm) && vm.startedAt) facts.push(["Up", duration((now - Date.parse(vm.startedAt)) / 1000)]);
  if (vm.generation > 0) facts.push(["Started", vm.generation === 1 ? "once" : `${vm.generation} times`]);
  if (vm.expiresAt) facts.push(["Deleted by itself", `in ${duration((Date.parse(vm.expiresAt) - now) / 1000)}`]);
  if (Object.keys(vm.labels).length > 0) facts.push(["Labels", <LabelTags labels={vm.labels} />]);
  facts.push(["Id", <code>{vm.id}</code>]);
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
