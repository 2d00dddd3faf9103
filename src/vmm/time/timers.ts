/** A timer of one device: made once, armed and disarmed for life, so that nothing is allocated when the guest programs its hardware. */
export class Timer {
  /** Guest time at which the callback is due; Infinity while disarmed. */
  deadline = Number.POSITIVE_INFINITY;
  /** The last pass of `runDue` in which this timer ran. */
  pass = 0;

  constructor(
    readonly callback: () => void,
    private readonly changed: (timer: Timer) => void,
  ) {}

  /** Replaces the previous deadline, if any. A periodic device arms again from its callback, always later than now. */
  arm(deadlineNs: number): void {
    this.deadline = deadlineNs;
    this.changed(this);
  }

  disarm(): void {
    this.arm(Number.POSITIVE_INFINITY);
  }

  /** The deadline, -1 while disarmed. */
  save(): number {
    return this.deadline === Number.POSITIVE_INFINITY ? -1 : this.deadline;
  }

  restore(saved: number): void {
    if (saved < 0) this.disarm();
    else this.arm(saved);
  }
}

/** The deadlines of a machine, a dozen at most: a scan of them beats keeping a heap in order. */
export class Timers {
  readonly #timers: Timer[] = [];
  #next = Number.POSITIVE_INFINITY;
  #pass = 0;

  /** A new, disarmed timer. */
  add(callback: () => void): Timer {
    const timer = new Timer(callback, (changed) => {
      if (changed.deadline <= this.#next) this.#next = changed.deadline;
      else this.#rescan();
    });
    this.#timers.push(timer);
    return timer;
  }

  /** Guest time of the earliest deadline; Infinity when there is none. */
  nextDeadline(): number {
    return this.#next;
  }

  /**
   * Runs what is due at `now`, in the order of the deadlines (equal ones in the order of `add`). Each timer runs at most once in a pass,
   * so that no guest can keep the monitor here.
   */
  runDue(now: number): void {
    if (now < this.#next) return;
    this.#pass++;
    for (;;) {
      let due: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.deadline <= now && timer.pass !== this.#pass && (due === undefined || timer.deadline < due.deadline)) due = timer;
      }
      if (due === undefined) return;
      due.pass = this.#pass;
      due.disarm();
      due.callback();
    }
  }

  #rescan(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const timer of this.#timers) if (timer.deadline < next) next = timer.deadline;
    this.#next = next;
  }
}
