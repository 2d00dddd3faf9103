import { useState } from "preact/hooks";
import { timeOfDay } from "../format/time.js";
import { bandPath, HEIGHT, linePath, plane, type Series, stack, WIDTH } from "./paths.js";
import { roundUp, roundUpBytes } from "./scale.js";
import "./charts.css";

interface Props {
  title: string;
  /** What the title means, in a sentence. */
  meaning: string;
  /** `share`: stacked, and the whole is 1. */
  kind: "lines" | "stacked" | "share";
  inBytes?: boolean;
  format(value: number): string;
  /** Milliseconds since the epoch, ascending; the values of each series belong to them. */
  times: readonly number[];
  series: readonly Series[];
  from: number;
  to: number;
}

/** Series over time. The legend has the newest figures, or those under the pointer; left and right arrow keys move it. */
export function TimeChart(props: Props) {
  const { title, meaning, kind, format, times, series, from, to } = props;
  const [pointed, setPointed] = useState<number | null>(null);
  const stacked = kind !== "lines";
  const edges = stacked ? stack(series.map(({ values }) => values)) : series.map(({ values }) => values);
  const largest = Math.max(0, ...edges.flatMap((values) => values.map((value) => value ?? 0)));
  const top = kind === "share" ? 1 : props.inBytes ? roundUpBytes(largest) : roundUp(largest);
  const on = plane(times, from, to, top);
  const newest = lastWithFigures(series);
  const empty = series.every(({ values }) => values.every((value) => value === null));
  const shown = pointed !== null && pointed < times.length ? pointed : newest;

  const point = (x: number, width: number) => setPointed(nearest(times, from + (x / width) * (to - from)));
  const step = (by: number) => setPointed((before) => Math.min(Math.max((before ?? newest) + by, 0), times.length - 1));
  return (
    <figure class="chart">
      <figcaption>
        <h3 title={meaning}>{title}</h3>
        <span class="faint figure">{pointed !== null && times[shown] ? timeOfDay(times[shown]) : ""}</span>
      </figcaption>
      <div
        class="plot"
        role="img"
        aria-label={`${title}. ${meaning} ${described(series, newest, format)}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a chart is read with the arrow keys
        tabIndex={0}
        onPointerMove={(event) => point(event.offsetX, event.currentTarget.clientWidth)}
        onPointerLeave={() => setPointed(null)}
        onBlur={() => setPointed(null)}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") step(-1);
          else if (event.key === "ArrowRight") step(1);
          else return;
          event.preventDefault();
        }}
      >
        {!empty && <span class="mark top figure">{format(top)}</span>}
        {!empty && <span class="mark middle figure">{format(top / 2)}</span>}
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path
            class="grid"
            d={empty ? `M0 ${HEIGHT - 0.5}H${WIDTH}` : `M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`}
          />
          {stacked
            ? edges.map((upper, index) => (
                <path key={series[index].label} class={`band series-${index + 1}`} d={bandPath(edges[index - 1] ?? [], upper, on)} />
              ))
            : edges.map((values, index) => <path key={series[index].label} class={`line series-${index + 1}`} d={linePath(values, on)} />)}
          {pointed !== null && times.length > 0 && <path class="pointer" d={`M${on.x(shown)} 0V${HEIGHT}`} />}
        </svg>
        {empty && <span class="waiting faint">No figures</span>}
      </div>
      <ul class="legend">
        {series.map(({ label, values }, index) => (
          <li key={label}>
            <i class={`series-${index + 1}`} />
            <span class="soft">{label}</span>
            <b class="figure">{figure(values[shown], format)}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function figure(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

function described(series: readonly Series[], index: number, format: (value: number) => string): string {
  return series.map(({ label, values }) => `${label}: ${figure(values[index], format)}`).join("; ");
}

function lastWithFigures(series: readonly Series[]): number {
  return Math.max(0, ...series.map(({ values }) => values.findLastIndex((value) => value !== null)));
}

function nearest(times: readonly number[], time: number): number {
  let best = 0;
  for (let i = 1; i < times.length; i++) if (Math.abs(times[i] - time) < Math.abs(times[best] - time)) best = i;
  return best;
}
