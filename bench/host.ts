/** What every report of a measurement says about where it was taken. */
import { cpus, loadavg, release } from "node:os";

export function host(): string {
  const load = loadavg()[0].toFixed(1);
  return `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}, Linux ${release()}, load at the end ${load}`;
}

/** Progress, beside the report. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
