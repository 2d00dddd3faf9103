/** How busy the project's machines are: one poll for all of them, kept for the length of a sparkline. */

import type { Worldswitch } from "@worldswitch/client";
import { useEffect, useState } from "preact/hooks";
import { useSession } from "../session/context.js";

const POLL_MS = 2000;
/** Points of a sparkline. */
export const ROOM = 40;

export interface Load {
  /** Instructions a second, newest last. */
  speeds: readonly number[];
  residentBytes: number;
}

interface Known extends Load {
  instructions: number;
  atMs: number;
}

export type Loads = ReadonlyMap<string, Load>;

/** A figure is a difference of two polls: of a machine that has been started anew there is none yet. */
function advance(before: ReadonlyMap<string, Known>, usage: Awaited<ReturnType<typeof poll>>): Map<string, Known> {
  const atMs = Date.parse(usage.time);
  return new Map(
    usage.items.map(({ vm, instructions, residentBytes }) => {
      const known = before.get(vm);
      const seconds = known ? (atMs - known.atMs) / 1000 : 0;
      const grown = known && seconds > 0 && instructions >= known.instructions ? [(instructions - known.instructions) / seconds] : [];
      return [vm, { instructions, residentBytes, atMs, speeds: [...(known?.speeds ?? []), ...grown].slice(-ROOM) }];
    }),
  );
}

function poll(client: Worldswitch) {
  return client.request("getUsage", {});
}

/** Polls while the page can be seen. */
export function useLoads(): Loads {
  const { client } = useSession();
  const [loads, setLoads] = useState<ReadonlyMap<string, Known>>(new Map());
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const again = async () => {
      if (document.visibilityState === "visible") {
        try {
          const usage = await poll(client);
          if (!over) setLoads((before) => advance(before, usage));
        } catch {
          // The line about the connection says what there is to say.
        }
      }
      if (!over) timer = setTimeout(again, POLL_MS);
    };
    void again();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client]);
  return loads;
}
