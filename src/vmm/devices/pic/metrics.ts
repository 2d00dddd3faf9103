/** Interrupts taken by the processor since the machine was made. */
export interface PicMetrics {
  /** Per IRQ, 0 to 15; 2 is the cascade and stays 0. */
  acknowledged: number[];
  /** Acknowledged when the request was gone (vectors of IRQ 7 and 15). */
  spurious: number;
}
