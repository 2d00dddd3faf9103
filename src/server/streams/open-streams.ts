import type { Metrics } from "../metrics.js";
import { Places } from "../places.js";
import { ProblemError } from "../problem.js";
import type { ApiSettings } from "../settings.js";

/** A stream that is open or about to be. */
export interface StreamPlace {
  /** It is open: from here on it shows in `/metrics`. */
  opened(): void;
  /** It has closed, or did not come about. May be called again. */
  leave(): void;
}

/** Streams of this server, whatever carries them, with a bound for each project. */
export class OpenStreams {
  private readonly places = new Places();

  constructor(
    private readonly settings: Pick<ApiSettings, "maxStreams">,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Takes a place before there is a stream: opening one takes time, in which others come.
   * @throws ProblemError `rate_limited` where the project has as many as it may
   */
  take(projectId: string, stream: string): StreamPlace {
    const { maxStreams } = this.settings;
    const giveBack = this.places.take(projectId, maxStreams);
    if (giveBack === null) throw new ProblemError("rate_limited", `The project has ${maxStreams} streams open`);
    let open = false;
    return {
      opened: () => {
        open = true;
        this.metrics.streams.inc({ stream });
      },
      leave: () => {
        if (open) this.metrics.streams.dec({ stream });
        open = false;
        giveBack();
      },
    };
  }
}
