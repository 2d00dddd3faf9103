/** Milliseconds within which a machine must have answered. */
export interface Deadlines {
  start: number;
  answer: number;
  /** For the guest, after it was asked to shut down. */
  shutdown: number;
  /** After this a VM process that should end is killed. */
  end: number;
}

export const defaultDeadlines: Deadlines = { start: 60_000, answer: 15_000, shutdown: 30_000, end: 5_000 };
