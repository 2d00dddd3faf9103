import type { MachineStats } from "../vmx/stats.js";

/** World switches of a machine by reason, with how long the monitor was away: what `run --stats` shows beside the file that it writes. */
export function switchTable({ worldSwitches, switchRates }: Pick<MachineStats, "worldSwitches" | "switchRates">): string {
  const taken = Object.entries(worldSwitches).filter(([, { count }]) => count > 0);
  const rows = taken.map(([reason, { count, timeUs, histogramUs }]) => {
    const quantiles = [0.5, 0.9, 0.99].map((share) => bound(histogramUs, share * count));
    return [reason, String(count), (timeUs / 1000).toFixed(1), ...quantiles];
  });
  const table = [["world switches", "count", "ms", "half <", "90 % <", "99 % <"], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map(([reason, ...numbers]) => {
    return [reason.padEnd(widths[0]), ...numbers.map((number, i) => number.padStart(widths[i + 1]))].join("  ");
  });
  const { perConsoleByte, perIdleSecond } = switchRates;
  return `${lines.join("\n")}\n${perConsoleByte.toFixed(3)} for each console byte, ${perIdleSecond.toFixed(1)} for each idle second\n`;
}

/** The least power of two of microseconds that at least so many switches stayed below. */
function bound(histogramUs: readonly number[], count: number): string {
  let below = 0;
  const bucket = histogramUs.findIndex((some) => {
    below += some;
    return below >= count;
  });
  // The last bucket has no bound.
  if (bucket === histogramUs.length - 1) return "-";
  const us = 2 ** bucket;
  return us < 1024 ? `${us} us` : us < 2 ** 20 ? `${us / 1024} ms` : `${us / 2 ** 20} s`;
}
