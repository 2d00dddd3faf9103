import type { Metrics } from "../metrics.js";
import { ProblemError } from "../problem.js";
import type { ApiSettings } from "../settings.js";

/** One of the streams that a project may have. */
export interface Place {
  /** The stream has been opened: it shows in `/metrics`. */
  opened(): void;
  /** It has closed, or did not come about. May be called again. */
  leave(): void;
}

/** Streams that are open on this server or about to be, whatever carries them, with a bound for each project. */
export class OpenStreams {
  private readonly taken = new Map<string, number>();

  constructor(
    private readonly settings: Pick<ApiSettings, "maxStreams">,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Takes a place before there is a stream: opening one takes time, in which others come.
   * @throws ProblemError `rate_limited` where the project has as many as it may
   */
  take(projectId: string, stream: string): Place {
    const { maxStreams } = this.settings;
    if ((this.taken.get(projectId) ?? 0) >= maxStreams)
      throw new ProblemError("rate_limited", `The project has ${maxStreams} streams open`);
    this.count(projectId, 1);
    let state: "taken" | "open" | "left" = "taken";
    return {
      opened: () => {
        state = "open";
        this.metrics.streams.inc({ stream });
      },
      leave: () => {
        if (state === "left") return;
        this.count(projectId, -1);
        if (state === "open") this.metrics.streams.dec({ stream });
        state = "left";
      },
    };
  }

  private count(projectId: string, change: 1 | -1): void {
    const count = (this.taken.get(projectId) ?? 0) + change;
    if (count > 0) this.taken.set(projectId, count);
    else this.taken.delete(projectId);
  }
}
