/** A round comes no earlier behind the last one than this many times what that took. */
const restFactor = 3;

/** Bytes that are worth a round by themselves: larger frames would save nothing, and the ring must not run over for a viewer that is quick. */
const fullBytes = 32 * 1024;

/**
 * When the viewers of a console are served. At once where there are few; where a round to all of them takes its time, the next one waits for a multiple of that,
 * and carries what has come meanwhile: so that many viewers get fewer and larger frames, and the worker has time for everything else.
 */
export class DeliveryRound {
  private timer: NodeJS.Timeout | null = null;
  /** Not before this, by performance.now(). */
  private earliest = 0;
  private waitingBytes = 0;

  /** @param serve to all viewers what they have not been sent */
  constructor(private readonly serve: () => void) {}

  /** So many bytes more are to be sent. */
  request(bytes: number): void {
    this.waitingBytes += bytes;
    const wait = this.earliest - performance.now();
    if (wait <= 1 || this.waitingBytes >= fullBytes) this.run();
    else this.timer ??= setTimeout(() => this.run(), wait);
  }

  /** The last round, if one is due. */
  close(): void {
    if (this.timer) this.run();
  }

  private run(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.waitingBytes = 0;
    const begun = performance.now();
    this.serve();
    const ended = performance.now();
    this.earliest = ended + restFactor * (ended - begun);
  }
}
