import { performance } from "node:perf_hooks";
import { type CrossPage, Word } from "./cross-page.js";
import { type LeaveReason, leaveReasons, type Question, type Rest, type Signal } from "./leave-reason.js";

/**
 * The VMM's half of the world switch. Its thread has no event loop: it leaves by writing into the cross page, and waits in Atomics.wait. Each
 * leave is counted by reason, with the time until the VMM goes on.
 */
export class WorldSwitch {
  constructor(private readonly page: CrossPage) {}

  /** Leaves with a question for the host and returns with its answer. */
  ask(question: Question, message = ""): string {
    const { page } = this;
    return this.timed(question, () => {
      page.message = message;
      Atomics.store(page.words, Word.question, leaveReasons.indexOf(question));
      Atomics.store(page.words, Word.hostTurn, 1);
      page.ringDoorbell();
      Atomics.wait(page.words, Word.hostTurn, 1);
      return page.message;
    });
  }

  /** Tells the host that there is something for it in the rings, and goes on. */
  signal(reason: Signal): void {
    this.timed(reason, () => this.page.ringDoorbell());
  }

  /** Mark to be taken before looking whether there is a reason to rest: what the host does after that ends the rest at once. */
  mark(): number {
    return Atomics.load(this.page.words, Word.wake);
  }

  /** Rests until the host wakes the VMM (or has since `mark`), or `ms` milliseconds have passed. */
  rest(reason: Rest, mark: number, ms = Number.POSITIVE_INFINITY): void {
    this.timed(reason, () => Atomics.wait(this.page.words, Word.wake, mark, ms));
  }

  private timed<T>(reason: LeaveReason, leave: () => T): T {
    const left = performance.now();
    const result = leave();
    this.page.times.add(reason, (performance.now() - left) * 1000);
    return result;
  }
}
