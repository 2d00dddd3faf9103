/** How far something is: a line on standard error that is overwritten, and only where a person looks at it. */
import type { Operation } from "@worldswitch/client";
import type { Output } from "./io.js";
import { bytes } from "./quantities.js";
import { printable } from "./table.js";

const barWidth = 24;

export class Progress {
  private shown = "";

  constructor(private readonly output: Output) {}

  /** @param fraction null where it is not known */
  show(what: string, fraction: number | null): void {
    if (!this.output.isTTY) return;
    const filled = Math.round((fraction ?? 0) * barWidth);
    const bar = fraction === null ? "" : ` [${"#".repeat(filled).padEnd(barWidth)}] ${Math.floor(fraction * 100)} %`;
    const line = printable(what + bar).slice(0, (this.output.columns ?? 80) - 1);
    if (line !== this.shown) this.output.write(`\r\x1b[K${line}`);
    this.shown = line;
  }

  /** Leaves no trace. */
  clear(): void {
    if (this.shown !== "") this.output.write("\r\x1b[K");
    this.shown = "";
  }

  readonly operation = ({ kind, step, progress }: Operation): void => {
    this.show(step ?? kind, progress);
  };

  upload(what: string): (sent: number, size: number) => void {
    return (sent, size) => this.show(`${what} ${bytes(sent)} of ${bytes(size)}`, size === 0 ? 1 : sent / size);
  }
}

/** Shows progress while `work` goes on, and wipes it away whatever comes of it. */
export async function withProgress<T>(output: Output, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = new Progress(output);
  try {
    return await work(progress);
  } finally {
    progress.clear();
  }
}
