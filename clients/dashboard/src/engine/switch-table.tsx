import { count, rate } from "../format/quantity.js";
import type { SwitchFigure } from "./engine-figures.js";

const meanings: Record<string, string> = {
  halt: "the guest is idle",
  output: "output to be shown",
  input: "keys were taken",
  sample: "statistics are asked for",
  throttle: "console full",
  pause: "it is paused",
  load: "it is loaded",
  started: "its first instruction",
  paused: "it has paused",
  resumed: "it goes on",
  stopped: "it has ended",
};

export function SwitchTable({ switches }: { switches: readonly SwitchFigure[] }) {
  if (switches.length === 0) return <p class="faint">By reason, once a machine runs.</p>;
  return (
    <table class="table switches">
      <thead>
        <tr>
          <th scope="col">Reason</th>
          <th scope="col" class="number">
            Rate
          </th>
          <th scope="col" class="number">
            Mean time
          </th>
        </tr>
      </thead>
      <tbody>
        {switches.map(({ reason, perSecond, meanUs }) => (
          <tr key={reason}>
            <td>{meanings[reason] ?? reason}</td>
            <td class="number">{rate(perSecond)}</td>
            <td class="number">{meanUs >= 1000 ? `${count(meanUs / 1000)} ms` : `${count(meanUs)} µs`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
