import type { Event, VmData } from "@worldswitch/client";
import { useEffect, useState } from "preact/hooks";
import { timeOfDay } from "../format/time.js";
import { useObserved } from "../live/use-observed.js";
import { OperationLine } from "../operations/operation-line.js";
import { useSession } from "../session/context.js";
import { eventSentence } from "./event-sentence.js";

const MOST_EVENTS = 50;
const MOST_OPERATIONS = 12;

/** What was asked of the machine, and what happened to it since the page is open. */
export function Happenings({ vm }: { vm: VmData }) {
  const { client, following } = useSession();
  const operations = useObserved(following.operations.items);
  const [events, setEvents] = useState<readonly Event[]>([]);
  const { id } = vm;
  useEffect(
    () => following.listen((event) => concerns(event, id) && setEvents((before) => [event, ...before].slice(0, MOST_EVENTS))),
    [following, id],
  );
  // Those of a machine that has been quiet may lie behind the page's list.
  useEffect(() => {
    client.request("listOperations", { query: { vm: id, limit: MOST_OPERATIONS } }).then(
      ({ items }) => {
        for (const item of items) following.operations.put(item);
      },
      () => {},
    );
  }, [client, following, id]);

  const own = operations?.filter((operation) => operation.resources.vm === id).slice(0, MOST_OPERATIONS) ?? [];
  return (
    <div class="happenings">
      <section class="card" aria-label="Operations of this machine">
        <div class="card-head">
          <h2>Operations</h2>
        </div>
        <ul class="lines">
          {own.map((operation) => (
            <li key={operation.id}>
              <OperationLine operation={operation} />
            </li>
          ))}
        </ul>
      </section>
      <section class="card" aria-label="Events of this machine">
        <div class="card-head">
          <h2>Events</h2>
          <span class="faint">since this page is open</span>
        </div>
        {events.length === 0 ? (
          <p class="nothing faint">Nothing has happened yet. Pause the machine, for one, and it is told here.</p>
        ) : (
          <ol class="lines" aria-live="polite">
            {events.map((event) => (
              <li key={event.seq}>
                <time class="faint figure" dateTime={event.time}>
                  {timeOfDay(event.time)}
                </time>
                <span>{eventSentence(event)}</span>
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}

function concerns({ subject, data }: Event, vm: string): boolean {
  return subject === vm || (data.resources as { vm?: string } | undefined)?.vm === vm;
}
