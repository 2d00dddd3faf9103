/** The samples that charts are drawn from: the last hour from the server, then each as it comes. */
import type { VmStats } from "@worldswitch/client";
import type { Series } from "../charts/paths.js";
import type { Figure } from "./figures.js";
import { intervalOf } from "./interval.js";

/** What a chart looks back to. `stepMs`: samples that are closer together are left out. */
export const spans = {
  minutes: { label: "2 min", title: "The last 2 minutes", ms: 120_000, stepMs: 0 },
  hour: { label: "1 h", title: "The last hour", ms: 3_600_000, stepMs: 9_000 },
} as const;
export type SpanName = keyof typeof spans;

const KEPT_MS = spans.hour.ms + 60_000;

/** In the order of time. What comes late or twice is left out. */
export function withSample(samples: readonly VmStats[], sample: VmStats): VmStats[] {
  const last = samples.at(-1);
  if (last && Date.parse(sample.time) <= Date.parse(last.time)) return [...samples];
  const oldest = Date.parse(sample.time) - KEPT_MS;
  return [...samples.filter(({ time }) => Date.parse(time) >= oldest), sample];
}

/** History that arrives when live samples have come already. */
export function withHistory(samples: readonly VmStats[], history: readonly VmStats[]): VmStats[] {
  const first = samples[0];
  const before = first ? history.filter(({ time }) => Date.parse(time) < Date.parse(first.time)) : history;
  return [...before, ...samples];
}

export interface Timeline {
  /** Ends of intervals, milliseconds since the epoch. */
  times: number[];
  intervals: ReturnType<typeof intervalOf>[];
  from: number;
  to: number;
}

/** The intervals of a span, which ends with the newest sample: where nothing comes any more, the picture stands still. */
export function timeline(samples: readonly VmStats[], span: SpanName): Timeline {
  const { ms, stepMs } = spans[span];
  const to = samples.length > 0 ? Date.parse(samples[samples.length - 1].time) : Date.now();
  const from = to - ms;
  const chosen: VmStats[] = [];
  for (const sample of samples) {
    const last = chosen.at(-1);
    if (!last || Date.parse(sample.time) - Date.parse(last.time) >= stepMs) chosen.push(sample);
  }
  const [times, intervals]: [number[], Timeline["intervals"]] = [[], []];
  for (let i = 1; i < chosen.length; i++) {
    const at = Date.parse(chosen[i].time);
    if (at < from) continue;
    times.push(at);
    intervals.push(intervalOf(chosen[i - 1], chosen[i]));
  }
  return { times, intervals, from, to };
}

export function seriesOf(figure: Figure, { intervals }: Timeline): Series[] {
  return figure.series.map(({ label, of }) => ({ label, values: intervals.map((interval) => interval && of(interval)) }));
}
