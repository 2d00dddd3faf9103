import { byte, END_OF_TIME, flag, integer, list, type Saved, time, timerState, versioned } from "../saved.js";

export const RAM_SIZE = 128;

export const rtcState = versioned(1, {
  /** All registers: time and alarm, A and B, century and NVRAM. C is `flags`, D is constant. */
  ram: list(byte, RAM_SIZE),
  /** The register that port 0x71 accesses. */
  index: integer(0, RAM_SIZE - 1),
  nmiMasked: flag,
  /** PF, AF and UF of register C. */
  flags: byte,
  /** Guest time of the update that counts as number 0; updates follow every second. */
  origin: integer(-1_000_000_000, END_OF_TIME),
  /** Number of the last update that is in the time registers. */
  update: integer(-1, END_OF_TIME),
  /** Tick of the 32,768 Hz crystal up to which PF is current. */
  tick: time,
  timer: timerState,
});
export type RtcState = Saved<typeof rtcState>;
