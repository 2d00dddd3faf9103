import type { VmStats } from "@worldswitch/client";
import { useMemo } from "preact/hooks";
import { TimeChart } from "../charts/time-chart.js";
import type { Figure } from "./figures.js";
import { type SpanName, seriesOf, timeline } from "./samples.js";

interface Props {
  figures: readonly Figure[];
  samples: readonly VmStats[];
  span: SpanName;
}

export function ChartsPanel({ figures, samples, span }: Props) {
  const line = useMemo(() => timeline(samples, span), [samples, span]);
  return (
    <>
      {figures.map((figure) => (
        <div key={figure.title} class="card">
          <TimeChart
            title={figure.title}
            meaning={figure.meaning}
            kind={figure.kind}
            inBytes={figure.inBytes}
            format={figure.format}
            times={line.times}
            series={seriesOf(figure, line)}
            from={line.from}
            to={line.to}
          />
        </div>
      ))}
    </>
  );
}
