/** The figures that the explanations name, of the newest samples of a machine. */
import type { VmStats } from "@worldswitch/client";
import { intervalOf, type MachineStats, perSecond } from "../machine/interval.js";

export interface EngineFigures {
  /** The newest sample: counters since the machine was started. */
  total: MachineStats;
  instructionsPerSecond: number;
  /** Since the machine was started. */
  translatedShare: number;
  directShare: number;
  idleShare: number;
  switches: SwitchFigure[];
}

export interface SwitchFigure {
  reason: string;
  perSecond: number;
  /** Until the monitor went on, in microseconds, since the machine was started. */
  meanUs: number;
}

/** Long enough that a figure can be read before it changes. */
const OVER_MS = 5_000;

/** null: nothing runs, or there are no two samples yet. */
export function figuresOf(samples: readonly VmStats[]): EngineFigures | null {
  const newest = samples.at(-1);
  if (!newest?.stats) return null;
  const since = Date.parse(newest.time) - OVER_MS;
  const before = samples.findLast(({ time }) => Date.parse(time) <= since) ?? samples[0];
  const interval = intervalOf(before, newest);
  if (!interval) return null;
  const { stats: total } = newest;
  const { directExecution, binaryTranslation } = total.modes;
  return {
    total,
    instructionsPerSecond: perSecond(interval, ({ cpu }) => cpu.instructions),
    translatedShare: total.engines.translated,
    directShare: directExecution.instructions / Math.max(1, directExecution.instructions + binaryTranslation.instructions),
    idleShare: Math.min(1, perSecond(interval, ({ cpu }) => cpu.haltedUs) / 1e6),
    switches: Object.entries(total.worldSwitches)
      .filter(([, { count }]) => count > 0)
      .map(([reason, { count, timeUs }]) => ({
        reason,
        perSecond: perSecond(interval, ({ worldSwitches }) => worldSwitches[reason]?.count ?? 0),
        meanUs: timeUs / count,
      }))
      .sort((a, b) => b.perSecond - a.perSecond),
  };
}
