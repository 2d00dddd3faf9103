import { hasEnded, type Operation } from "@worldswitch/client";
import { addressOf } from "../app/places.js";
import { dateAndTime, timeOfDay } from "../format/time.js";
import { useNow } from "../live/now.js";
import { useObserved } from "../live/use-observed.js";
import { Progress } from "../parts/progress.js";
import { useSession } from "../session/context.js";
import { CancelOperation } from "./cancel-operation.js";
import { kindNames, lasted, stateLooks } from "./operation-words.js";
import "./operations.css";

export function OperationTable({ operations }: { operations: readonly Operation[] }) {
  const machines = useObserved(useSession().following.machines.items);
  const now = useNow(1000);
  return (
    <div class="card">
      <table class="table operations">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Machine</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="number">
              Begun
            </th>
          </tr>
        </thead>
        <tbody>
          {operations.map((operation) => (
            <tr key={operation.id}>
              <td>
                <b>{kindNames[operation.kind]}</b>
                <Detail operation={operation} />
              </td>
              <td>
                <MachineLink id={operation.resources.vm} name={machines?.find(({ id }) => id === operation.resources.vm)?.name} />
              </td>
              <td>
                <span class={`badge ${stateLooks[operation.state]}`}>{operation.state}</span> <CancelOperation operation={operation} />
              </td>
              <td class="number">{lasted(operation, now)}</td>
              <td class="number soft">
                <time dateTime={operation.createdAt} title={dateAndTime(operation.createdAt)}>
                  {timeOfDay(operation.createdAt)}
                </time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Detail({ operation }: { operation: Operation }) {
  const { error, state, step, progress, kind } = operation;
  if (state === "failed" && error) return <div class="detail wrong">{error.message}</div>;
  if (hasEnded(operation)) return null;
  return (
    <div class="detail soft">
      {step ?? "waiting for its turn"}
      <Progress fraction={progress} label={`${kindNames[kind]}: how far it is`} />
    </div>
  );
}

function MachineLink({ id, name }: { id: string | undefined; name: string | undefined }) {
  if (!id) return null;
  return name ? <a href={addressOf({ machine: id })}>{name}</a> : <span class="faint mono">{id}</span>;
}
