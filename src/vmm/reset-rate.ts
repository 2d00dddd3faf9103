/** More resets than this within the window are a loop. */
const RESETS = 10;
const WINDOW_NS = 10e9;

/** Tells a guest that resets itself now and then from one that does nothing else. In guest time, so that deterministic runs stay so. */
export class ResetRate {
  private readonly recent: number[] = [];

  /** Notes a reset at this guest time; true: the guest is in a loop of them. */
  note(nowNs: number): boolean {
    this.recent.push(nowNs);
    if (this.recent.length <= RESETS) return false;
    const oldest = this.recent.shift() ?? 0;
    return nowNs - oldest < WINDOW_NS;
  }
}
