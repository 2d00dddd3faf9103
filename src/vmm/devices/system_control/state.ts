import { byte, type Saved, versioned } from "../saved.js";

export const systemControlState = versioned(1, {
  /** Written bits of port 0x92. */
  portA: byte,
  /** Written bits of port 0x61; the gate of the timer's channel 2 is saved there. */
  portB: byte,
});
export type SystemControlState = Saved<typeof systemControlState>;
