import { hasEnded, type Operation } from "@worldswitch/client";
import { timeOfDay } from "../format/time.js";
import { useNow } from "../live/now.js";
import { kindNames, lasted, stateLooks } from "./operation-words.js";

/** An operation in a line, where it is plain what it is about. */
export function OperationLine({ operation }: { operation: Operation }) {
  const now = useNow(1000);
  return (
    <>
      <time class="faint figure" dateTime={operation.createdAt}>
        {timeOfDay(operation.createdAt)}
      </time>
      <span>
        {kindNames[operation.kind]}
        {operation.error && operation.state === "failed" && <span class="faint">: {operation.error.message}</span>}
      </span>
      <span class="faint figure">{hasEnded(operation) ? lasted(operation, now) : ""}</span>
      <span class={`badge ${stateLooks[operation.state]}`}>{operation.state}</span>
    </>
  );
}
