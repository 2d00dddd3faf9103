import { timeOfDay } from "../format/time.js";
import { useObserved } from "../live/use-observed.js";
import { Icon } from "../parts/icon.js";
import { useSession } from "../session/context.js";

/** Says so when what is on the page is not what is now. */
export function ConnectionLine() {
  const connection = useObserved(useSession().following.connection);
  return (
    <div role="status">
      {connection.state === "lost" && (
        <div class="connection">
          <Icon name="warning" />
          The connection to the server is lost; trying again. What you see is from {timeOfDay(connection.since)}.
        </div>
      )}
      {connection.state === "back" && (
        <div class="connection back">
          <Icon name="done" />
          Connected again. Everything is up to date.
        </div>
      )}
    </div>
  );
}
