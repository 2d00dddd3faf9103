import type { Operation } from "@worldswitch/client";
import { tell } from "../app/notices.js";
import { useMay, useSession } from "../session/context.js";
import { explain } from "../session/explain.js";

/** Where the operation can be cancelled, and by this token. */
export function CancelOperation({ operation }: { operation: Operation }) {
  const { client, following } = useSession();
  const { operate } = useMay();
  if (!operation.mayCancel || !operate) return null;
  const cancel = async () => {
    try {
      following.operations.put(await client.operations.cancel(operation.id));
    } catch (error) {
      tell("bad", explain(error));
    }
  };
  return (
    <button type="button" class="button small" onClick={() => void cancel()}>
      Cancel
    </button>
  );
}
