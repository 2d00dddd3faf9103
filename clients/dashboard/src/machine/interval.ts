/** What happened between two samples of one start of a machine: counters are cumulative, charts show rates. */
import type { VmStats } from "@worldswitch/client";

export type MachineStats = NonNullable<VmStats["stats"]>;

export interface Interval {
  before: MachineStats;
  after: MachineStats;
  seconds: number;
}

/** null where there is nothing to compare: the machine was off, or has been started anew in between. */
export function intervalOf(before: VmStats, after: VmStats): Interval | null {
  if (!before.stats || !after.stats || before.generation !== after.generation) return null;
  const seconds = (after.stats.atMs - before.stats.atMs) / 1000;
  return seconds > 0 ? { before: before.stats, after: after.stats, seconds } : null;
}

/** How fast a counter grew. */
export function perSecond({ before, after, seconds }: Interval, counter: (stats: MachineStats) => number): number {
  return Math.max(0, counter(after) - counter(before)) / seconds;
}

/** What part of the growth of some counters was that of the first; 0 where none grew. */
export function shareOf(
  { before, after }: Interval,
  part: (stats: MachineStats) => number,
  whole: (stats: MachineStats) => number,
): number {
  const grown = whole(after) - whole(before);
  return grown > 0 ? Math.min(1, Math.max(0, (part(after) - part(before)) / grown)) : 0;
}
