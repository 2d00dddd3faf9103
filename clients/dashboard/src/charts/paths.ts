/** SVG path data on a plane of 1000 by 100, stretched to whatever size the chart has. */

export const WIDTH = 1000;
export const HEIGHT = 100;

export type Values = readonly (number | null)[];

/** What a chart draws of one thing. */
export interface Series {
  label: string;
  values: Values;
}

interface Plane {
  x(index: number): number;
  y(value: number): number;
}

export function plane(times: readonly number[], from: number, to: number, top: number): Plane {
  return {
    x: (index) => ((times[index] - from) / (to - from)) * WIDTH,
    y: (value) => HEIGHT - Math.min(value / top, 1) * HEIGHT,
  };
}

/** A line through the values, broken where there is none. A value that stands alone is a short dash. */
export function linePath(values: Values, { x, y }: Plane): string {
  return runs(values)
    .map((run) => {
      const points = run.map((index) => `${round(x(index))} ${round(y(values[index] ?? 0))}`);
      return points.length === 1 ? `M${points[0]}h2` : `M${points.join("L")}`;
    })
    .join("");
}

/** The band between two lines, which are there at the same indices. */
export function bandPath(lower: Values, upper: Values, { x, y }: Plane): string {
  return runs(upper)
    .map((run) => {
      const there = run.map((index) => `${round(x(index))} ${round(y(upper[index] ?? 0))}`);
      const back = run.toReversed().map((index) => `${round(x(index))} ${round(y(lower[index] ?? 0))}`);
      return `M${[...there, ...back].join("L")}Z`;
    })
    .join("");
}

/** Indices of values that follow each other without a gap. */
function runs(values: Values): number[][] {
  const found: number[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index > 0 && values[index - 1] !== null) found[found.length - 1].push(index);
    else found.push([index]);
  });
  return found;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Running totals: the upper edge of each series when they lie on each other. */
export function stack(series: readonly Values[]): (number | null)[][] {
  const totals: (number | null)[][] = [];
  for (const values of series) {
    const below = totals.at(-1);
    totals.push(values.map((value, index) => (value === null ? null : value + (below?.[index] ?? 0))));
  }
  return totals;
}
