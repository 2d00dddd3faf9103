/**
 * Messages between a worker and the VM process it forked (Node IPC, `serialization: "advanced"`, so that Buffers cross as bytes).
 * The entry point of a VM process is `src/vmx/process.ts`; it runs exactly one machine and ends when the channel closes.
 */
import type { GuestFault, MachineSpec, StopReason } from "./spec.js";
import type { MachineStats } from "./stats.js";

/** Worker to VM process. `start` comes first and once; everything else is ignored before it. */
export type ToVm =
  | { type: "start"; spec: MachineSpec }
  | { type: "pause" }
  | { type: "resume" }
  /** Warm reset, as by the reset button. */
  | { type: "reset" }
  /** Ask the guest to shut down: Ctrl-Alt-Del on the keyboard. The answer is a later `stopped`. */
  | { type: "shutdown" }
  /** Pull the plug: answered by `stopped` with reason `stopped`, then the process exits with 0. */
  | { type: "stop" }
  /** Keys for a serial port (0 = COM1, 1 = COM2). The sender keeps at most 64 KiB unacknowledged per port; see `inputTaken`. */
  | { type: "input"; port: number; data: Uint8Array }
  /** Answered by `stats` with the same `id`. */
  | { type: "stats"; id: number };

/** VM process to worker. */
export type FromVm =
  /** The guest has executed its first instruction. */
  | { type: "started" }
  | { type: "paused" }
  | { type: "resumed" }
  /** The guest was reset, by itself or by request; the machine runs on. */
  | { type: "reset"; cause: "keyboard_controller" | "port_92" | "port_cf9" | "triple_fault" | "request" }
  /** Console bytes of a serial port, at most 64 KiB a message. */
  | { type: "output"; port: number; data: Uint8Array }
  /** The guest's UART has taken this many bytes of `input`. */
  | { type: "inputTaken"; port: number; bytes: number }
  | { type: "stats"; id: number; stats: MachineStats }
  /** Last message: the machine has ended; the process exits by itself. `fault` is present when `reason` is `fault`, `exitCode` with `debug_exit`; `stats` is the last sample. */
  | { type: "stopped"; reason: StopReason; stats: MachineStats; fault?: GuestFault; exitCode?: number };
