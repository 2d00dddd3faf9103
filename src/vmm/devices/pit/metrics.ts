/** Ticks of channel 0 since the machine was made. */
export interface PitMetrics {
  /** Requested when they were due. */
  onTime: number;
  /** Requested later, after an EOI. */
  caughtUp: number;
  /** Never requested: more than a second late, or forgotten when the machine was paused or the timer programmed anew. */
  dropped: number;
}
