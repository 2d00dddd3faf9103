import { hasEnded, type VmData } from "@worldswitch/client";
import { useObserved } from "../live/use-observed.js";
import { CancelOperation } from "../operations/cancel-operation.js";
import { kindNames } from "../operations/operation-words.js";
import { Progress } from "../parts/progress.js";
import { useSession } from "../session/context.js";

/** The operation that the machine is in the middle of, where it takes long enough to be read about. */
export function UnderWay({ vm }: { vm: VmData }) {
  const operations = useObserved(useSession().following.operations.items);
  const operation = operations?.find((each) => each.resources.vm === vm.id && !hasEnded(each));
  if (!operation) return null;
  const step = operation.step ?? (operation.state === "queued" ? "waiting for its turn" : "under way");
  return (
    <div class="card under-way" role="status">
      <div>
        <b>{kindNames[operation.kind]}</b>
        <span class="soft"> {step}</span>
        {operation.progress !== null && <span class="soft figure"> {Math.round(operation.progress * 100)} %</span>}
      </div>
      <Progress fraction={operation.progress} label={`${kindNames[operation.kind]}: ${step}`} />
      <CancelOperation operation={operation} />
    </div>
  );
}
