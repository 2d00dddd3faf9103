import type { VmData } from "@worldswitch/client";
import { useCallback, useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { addressOf } from "../app/places.js";
import { Console } from "../console/console.js";
import { ChartsPanel } from "../machine/charts-panel.js";
import { Controls } from "../machine/controls.js";
import { Facts } from "../machine/facts.js";
import * as figures from "../machine/figures.js";
import { Happenings } from "../machine/happenings.js";
import type { SpanName } from "../machine/samples.js";
import { SpanSwitch } from "../machine/span-switch.js";
import { Trouble } from "../machine/trouble.js";
import { UnderWay } from "../machine/under-way.js";
import { useMachine } from "../machine/use-machine.js";
import { useSamples } from "../machine/use-samples.js";
import { StateBadge } from "../machines/state-badge.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Loading } from "../parts/loading.js";
import { Message } from "../parts/message.js";
import { useSession } from "../session/context.js";
import "../machine/machine.css";

const beside = [figures.speed, figures.processor, figures.memory];
const below = [figures.engines, figures.modes, figures.worldSwitches, figures.faults, figures.interrupts, figures.consoleTraffic];

export function MachinePage({ id }: { id: string }) {
  const found = useMachine(id);
  switch (found.state) {
    case "loading":
    case "failed":
      return (
        <Page title="Machine">
          <Loading failure={found.state === "failed" ? found.failure : null} what="The machine" />
        </Page>
      );
    case "unknown":
      return (
        <Page title="Machine">
          <div class="card">
            <Empty icon="machines" title="There is no such machine">
              <p>
                It was deleted, or belongs to another project. Its id: <code>{id}</code>
              </p>
              <a class="button" href={addressOf("machines")}>
                To the machines
              </a>
            </Empty>
          </div>
        </Page>
      );
    default:
      return <Machine vm={found.vm} deleted={found.state === "deleted"} />;
  }
}

function Machine({ vm, deleted }: { vm: VmData; deleted: boolean }) {
  const { client } = useSession();
  const samples = useSamples(vm, deleted);
  const [span, setSpan] = useState<SpanName>("minutes");
  const { id } = vm;
  // Not by `vm`: the console is the machine's, whatever becomes known of it.
  const open = useCallback(() => client.vms.of(vm).console(), [client, id]);
  return (
    <Page
      title={vm.name}
      beside={deleted ? <span class="badge">deleted</span> : <StateBadge state={vm.state} />}
      about={
        <a class="back" href={addressOf("machines")}>
          <Icon name="back" size={15} /> All machines
        </a>
      }
      actions={!deleted && <Controls vm={vm} />}
    >
      {deleted ? (
        <Message tone="warn">This machine was deleted. What you see is the last that was known of it.</Message>
      ) : (
        <Trouble vm={vm} />
      )}
      <UnderWay vm={vm} />
      <Facts vm={vm} />
      <div class="machine-top">
        <Console open={open} takesFocus />
        <section class="charts-beside" aria-label="Charts">
          <div class="charts-head">
            <h2>Live</h2>
            <SpanSwitch span={span} onChoose={setSpan} />
          </div>
          <ChartsPanel figures={beside} samples={samples} span={span} />
        </section>
      </div>
      <section class="charts-below" aria-label="More charts">
        <ChartsPanel figures={below} samples={samples} span={span} />
      </section>
      <p class="faint">
        What these figures mean: <a href={addressOf("engine")}>how the engine works</a>.
      </p>
      <Happenings vm={vm} />
    </Page>
  );
}
