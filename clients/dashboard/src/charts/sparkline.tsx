import { linePath, plane } from "./paths.js";
import { roundUp } from "./scale.js";
import "./charts.css";

interface Props {
  /** Evenly spaced, newest last. */
  values: readonly number[];
  /** As many as fill the width. */
  room: number;
  label: string;
}

/** How something went lately, as large as a word. */
export function Sparkline({ values, room, label }: Props) {
  const offset = room - values.length;
  const on = plane(
    values.map((_, index) => index + offset),
    0,
    room - 1,
    roundUp(Math.max(0, ...values)),
  );
  return (
    <svg class="sparkline" viewBox="0 -4 1000 108" preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="line series-1" d={linePath(values, on)} />
    </svg>
  );
}
