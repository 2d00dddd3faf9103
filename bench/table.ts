/** Text tables for a terminal: the first column to the left, figures to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  ");
  return `${rows.map((row) => line(row).trimEnd()).join("\n")}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The least value that so many percent of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** `2.40 (2.39-2.51)`: the median, and the least and the greatest; of one value itself, and of none `-`. */
export function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return "-";
  const shown = (value: number) => value.toFixed(digits);
  if (values.length === 1) return shown(values[0]);
  return `${shown(median(values))} (${shown(Math.min(...values))}-${shown(Math.max(...values))})`;
}
