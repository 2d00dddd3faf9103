import type { Metrics } from "../metrics.js";
import { Places } from "../places.js";
import { ProblemError } from "../problem.js";
import type { Service } from "../service.js";
import { TokenWatch } from "./token-watch.js";

/** A stream that is open or about to be. */
export interface StreamPlace {
  /** It is open: from here on it shows in `/metrics`, and `end` is called when its token is at its end. */
  opened(tokenId: string | null, end: () => void): void;
  /** It has closed, or did not come about. May be called again. */
  leave(): void;
}

/** Streams of this server, whatever carries them, with a bound for each project. None outlives its token. */
export class OpenStreams {
  private readonly places = new Places();
  private readonly tokens: TokenWatch;

  constructor(
    private readonly service: Service,
    private readonly metrics: Metrics,
  ) {
    this.tokens = new TokenWatch(service);
  }

  /**
   * Takes a place before there is a stream: opening one takes time, in which others come.
   * @throws ProblemError `rate_limited` where the project has as many as it may
   */
  take(projectId: string, stream: string): StreamPlace {
    const { maxStreams } = this.service.settings;
    const giveBack = this.places.take(projectId, maxStreams);
    if (giveBack === null) throw new ProblemError("rate_limited", `The project has ${maxStreams} streams open`);
    let open = false;
    let unwatch = () => {};
    return {
      opened: (tokenId, end) => {
        open = true;
        this.metrics.streams.inc({ stream });
        if (tokenId !== null) unwatch = this.tokens.watch(tokenId, end);
      },
      leave: () => {
        if (open) this.metrics.streams.dec({ stream });
        open = false;
        unwatch();
        giveBack();
      },
    };
  }
}
