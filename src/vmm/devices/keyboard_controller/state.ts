import { byte, flag, integer, list, record, type Saved, versioned } from "../saved.js";

/** Bytes that the keyboard holds for the controller. */
export const QUEUE_SIZE = 64;

/** No command waits for a parameter. */
export const NONE = -1;
const command = integer(NONE, 0xff);

export const keyboardState = record({
  /** Bytes on their way to the controller. */
  queue: list(byte, 0, QUEUE_SIZE),
  scanning: flag,
  scanCodeSet: integer(1, 3),
  leds: byte,
  typematic: byte,
  /** The command whose parameter comes next. */
  command,
  /** What a resend repeats. */
  last: byte,
});
export type KeyboardState = Saved<typeof keyboardState>;

export const keyboardControllerState = versioned(1, {
  /** Internal memory; byte 0 is the command byte. */
  ram: list(byte, 32),
  output: byte,
  status: byte,
  outputPort: byte,
  /** The controller command whose parameter comes next on port 0x60. */
  command,
  /** The translator has seen 0xf0: the next code is a break code. */
  breaking: flag,
  keyboard: keyboardState,
});
export type KeyboardControllerState = Saved<typeof keyboardControllerState>;
