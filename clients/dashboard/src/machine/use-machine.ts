/** One machine of the page's list, by id; or what became of it. */
import type { VmData } from "@worldswitch/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { useObserved } from "../live/use-observed.js";
import { useSession } from "../session/context.js";
import { isCode } from "../session/explain.js";

export type Found =
  | { state: "loading" }
  | { state: "here" | "deleted"; vm: VmData }
  | { state: "unknown" }
  | { state: "failed"; failure: unknown };

export function useMachine(id: string): Found {
  const { client, following } = useSession();
  const machines = useObserved(following.machines.items);
  const [failure, setFailure] = useState<unknown>(null);
  const seen = useRef<VmData | null>(null);

  const listed = machines?.find((vm) => vm.id === id);
  if (listed) seen.current = listed;
  const gone = isCode(failure, "not_found");
  const unclear = machines !== null && !listed && !gone;
  // It is deleted, or older than all that are listed.
  useEffect(() => {
    if (unclear) client.request("getVm", { params: { id } }).then((vm) => following.machines.put(vm), setFailure);
  }, [unclear, machines, client, following, id]);

  if (listed) return { state: "here", vm: listed };
  if (seen.current) return { state: gone ? "deleted" : "here", vm: seen.current };
  if (gone) return { state: "unknown" };
  return failure === null ? { state: "loading" } : { state: "failed", failure };
}
