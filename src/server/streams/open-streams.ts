import type { Metrics } from "../metrics.js";
import { ProblemError } from "../problem.js";
import type { ApiSettings } from "../settings.js";

/** Streams that are open on this server, whatever carries them, with a bound for each project. */
export class OpenStreams {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly settings: Pick<ApiSettings, "maxStreams">,
    private readonly metrics: Metrics,
  ) {}

  /** @throws ProblemError `rate_limited` where the project has as many as it may */
  admit(projectId: string): void {
    const { maxStreams } = this.settings;
    if ((this.counts.get(projectId) ?? 0) >= maxStreams)
      throw new ProblemError("rate_limited", `The project has ${maxStreams} streams open`);
  }

  /** Counts one that has been opened. Answers what is to be called when it has closed. */
  opened(projectId: string, stream: string): () => void {
    this.count(projectId, 1);
    this.metrics.streams.inc({ stream });
    return () => {
      this.count(projectId, -1);
      this.metrics.streams.dec({ stream });
    };
  }

  private count(projectId: string, change: 1 | -1): void {
    const count = (this.counts.get(projectId) ?? 0) + change;
    if (count > 0) this.counts.set(projectId, count);
    else this.counts.delete(projectId);
  }
}
