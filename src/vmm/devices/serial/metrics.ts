/** Bytes since the machine was made. */
export interface SerialMetrics {
  /** From the guest. */
  outputBytes: number;
  /** Taken for the guest. */
  inputBytes: number;
}
