/**
 * What the monitor throws when it can't go on faithfully: something that is announced and not there, or a defect of its own. It ends the machine
 * and reaches the API as it is. Never thrown for what a real machine would do, faults of the guest least of all.
 */
export class MonitorFault extends Error {
  override readonly name = "MonitorFault";
  constructor(
    readonly code: "unsupported_instruction" | "unsupported_feature" | "reset_loop" | "lockstep_difference" | "internal_error",
    message: string,
    /** State worth showing, as hexadecimal text. */
    readonly context: Record<string, string> = {},
  ) {
    super(message);
  }
}
