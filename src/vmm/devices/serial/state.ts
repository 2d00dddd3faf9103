import { byte, flag, integer, list, record, type Saved, timerState, versioned } from "../saved.js";

/** Characters that the receive FIFO holds. */
export const FIFO_SIZE = 16;

const registers = record({
  ier: byte,
  lcr: byte,
  mcr: byte,
  scr: byte,
  /** Divisor latch, DLM and DLL. */
  divisor: integer(0, 0xffff),
  fifoEnabled: flag,
  /** Receive trigger level: 1, 4, 8 or 14 characters. */
  trigger: integer(1, 14),
  overrun: flag,
  /** The transmitter-empty interrupt is pending. */
  thrEmpty: flag,
  /** The receive timeout interrupt is pending. */
  timeout: flag,
  /** Delta bits of MSR. */
  deltas: integer(0, 15),
});
export type Registers = Saved<typeof registers>;

export const serialState = versioned(1, {
  registers,
  /** What was received, oldest first, each with its error bits of LSR. */
  received: list(record({ data: byte, errors: byte }), 0, FIFO_SIZE),
  /** The receive timeout. */
  timer: timerState,
});
export type SerialState = Saved<typeof serialState>;
