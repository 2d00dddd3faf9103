import { hasEnded } from "@worldswitch/client";
import { useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { useObserved } from "../live/use-observed.js";
import { OperationTable } from "../operations/operation-table.js";
import { Empty } from "../parts/empty.js";
import { Loading } from "../parts/loading.js";
import { Segments } from "../parts/segments.js";
import { useSession } from "../session/context.js";

const choices = [
  { value: "all", label: "All" },
  { value: "open", label: "Under way" },
  { value: "failed", label: "Failed" },
] as const;
type Choice = (typeof choices)[number]["value"];

export function OperationsPage() {
  const { following } = useSession();
  const operations = useObserved(following.operations.items);
  const incomplete = useObserved(following.operations.incomplete);
  const failure = useObserved(following.operations.failure);
  const [choice, setChoice] = useState<Choice>("all");
  const shown = operations?.filter((each) => choice === "all" || (choice === "open" ? !hasEnded(each) : each.state === "failed"));
  return (
    <Page
      title="Operations"
      about={`What was asked of machines, newest first. ${incomplete ? "Only the newest are listed." : "They are kept for a week after their end."}`}
      actions={<Segments label="Which operations" choices={choices} value={choice} onChoose={(value) => setChoice(value)} />}
    >
      {!shown ? (
        <Loading failure={failure} what="The operations" />
      ) : shown.length === 0 ? (
        <div class="card">
          <Empty
            icon="operations"
            title={choice === "all" ? "Nothing was asked for yet" : choice === "open" ? "Nothing is under way" : "Nothing has failed"}
          >
            <p>Each change of a machine is an operation, with its progress and its end.</p>
          </Empty>
        </div>
      ) : (
        <OperationTable operations={shown} />
      )}
    </Page>
  );
}
