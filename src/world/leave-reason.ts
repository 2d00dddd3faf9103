/** Why the VMM gave the host its turn. The order is that of the counters in the cross page; nothing else depends on it. */
export const leaveReasons = [
  /** A question to the host; answered before the VMM goes on. */
  "load",
  "started",
  "paused",
  "resumed",
  "sample",
  "stopped",
  /** A signal: the host is told, the VMM goes on at once. */
  "output",
  "input",
  /** A rest: the VMM waits until something happens or a time has passed. */
  "halt",
  "pause",
  "throttle",
] as const;
export type LeaveReason = (typeof leaveReasons)[number];

/** Reasons whose message the host answers. */
export type Question = "load" | "started" | "paused" | "resumed" | "sample" | "stopped";
export type Signal = "output" | "input";
export type Rest = "halt" | "pause" | "throttle";

/** What the host asks of the VMM: bytes in the command ring. */
export const Command = { pause: 1, resume: 2, reset: 3, ctrlAltDel: 4, stop: 5, sample: 6 } as const;
export type Command = (typeof Command)[keyof typeof Command];
