import { explain } from "../session/explain.js";
import { Message } from "./message.js";

/** In place of what has not come yet, or can't. */
export function Loading({ failure, what }: { failure: unknown; what: string }) {
  if (failure)
    return (
      <Message tone="bad">
        {what} cannot be shown. {explain(failure)}
      </Message>
    );
  return (
    <div class="card loading" role="status">
      <span class="unseen">{what} are on their way</span>
    </div>
  );
}
