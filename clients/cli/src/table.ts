/** Aligned columns under a heading. What comes from the service stays on its line, and moves no cursor. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows].map((row) => row.map(printable));
  const widths = heading.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** One thing, a property on each line. */
export function properties(fields: Record<string, string>): string {
  const width = Math.max(...Object.keys(fields).map((name) => name.length)) + 2;
  return Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(width)}${printable(value)}\n`)
    .join("");
}

export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
