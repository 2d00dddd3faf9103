/** Why the emitted `run` gave control back (layout.ts EXIT_REASON). */
export const ExitReason = {
  /** The instruction budget is used up. */
  Budget: 1,
  /** An exception is recorded in FAULT_VECTOR; the instruction at EXIT_RECORD (or at EIP) has not changed anything. */
  Fault: 2,
  /** The monitor should look at EVENTS before the next instruction. */
  Events: 3,
  /** The next instruction can't run from the code cache: step it. */
  Step: 4,
  /** The stepped instruction is done; EXIT_RECORD is the stop record. */
  Stop: 5,
  /** The code cache is full. */
  Flush: 6,
} as const;
export type ExitReason = (typeof ExitReason)[keyof typeof ExitReason];
