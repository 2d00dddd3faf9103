import type { VmData } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { addressOf } from "../app/places.js";
import { Chapters } from "../engine/chapters.js";
import { type EngineFigures, figuresOf } from "../engine/engine-figures.js";
import { useObserved } from "../live/use-observed.js";
import { useSamples } from "../machine/use-samples.js";
import { isOn } from "../machines/states.js";
import { useSession } from "../session/context.js";
import "../engine/engine.css";

/** What a monitor does, for somebody who has never seen one, beside the figures of one that runs. */
export function EnginePage() {
  const machines = useObserved(useSession().following.machines.items);
  const running = machines?.filter(isOn) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const vm = running.find(({ id }) => id === chosen) ?? running[0];
  return (
    <Page title="How the engine works" about="What happens below a machine's console, in five short chapters.">
      {vm ? (
        <label class="engine-machine">
          <span>Figures of</span>
          <select class="input" value={vm.id} onChange={(event) => setChosen(event.currentTarget.value)}>
            {running.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        machines && (
          <p class="soft">
            No machine runs at the moment. <a href={addressOf("machines")}>Start one</a>, and its figures appear beside the words.
          </p>
        )
      )}
      {vm ? <LiveChapters key={vm.id} vm={vm} /> : <Chapters figures={null} />}
    </Page>
  );
}

function LiveChapters({ vm }: { vm: VmData }) {
  const samples = useSamples(vm, false);
  const figures: EngineFigures | null = figuresOf(samples);
  return <Chapters figures={figures} />;
}
