import type { VmData, VmStats } from "@worldswitch/client";
import { useEffect, useState } from "preact/hooks";
import { useSession } from "../session/context.js";
import { withHistory, withSample } from "./samples.js";

/** The statistics of a machine: the last hour, and what comes. */
export function useSamples(vm: VmData, deleted: boolean): readonly VmStats[] {
  const { client } = useSession();
  const [samples, setSamples] = useState<readonly VmStats[]>([]);
  const { id } = vm;
  useEffect(() => {
    if (deleted) return;
    const over = new AbortController();
    const { signal } = over;
    const history = async () => {
      const { items } = await client.request("getVmStatsHistory", { params: { id }, signal });
      setSamples((before) => withHistory(before, items));
    };
    const live = async () => {
      for await (const sample of client.vms.of(vm).stats({ signal })) setSamples((before) => withSample(before, sample));
    };
    // What can't be had leaves a chart empty; the line about the connection says why.
    void history().catch(() => {});
    void live().catch(() => {});
    return () => over.abort();
    // Not by `vm`: the stream is the machine's, whatever becomes known of it.
  }, [client, id, deleted]);
  return samples;
}
