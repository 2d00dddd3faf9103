/** What one virtual machine is made of, as the worker (or `worldswitch run`) hands it to the VMX. Plain data: it crosses process boundaries. */
export interface MachineSpec {
  /** Guest RAM in MiB, 32 to 2048. */
  memoryMiB: number;
  boot: LinuxBoot;
  engine: Engine;
  clock: ClockKind;
}

/** Boot by the Linux/x86 boot protocol (32-bit entry): paths of files on this host. */
export interface LinuxBoot {
  kind: "linux";
  kernel: string;
  initrd?: string;
  /** Kernel command line, at most 2047 bytes of printable ASCII. */
  cmdline: string;
}

/** `auto` takes the fastest engine there is. */
export type Engine = "interpreter" | "translator" | "auto";

/** `host`: the host's monotonic clock. `deterministic`: the count of retired instructions. */
export type ClockKind = "host" | "deterministic";

/** Why a machine left the running state by itself. */
export type StopReason = "halted" | "poweroff" | "stopped" | "fault";

/**
 * What the monitor could not do faithfully, or would not go on with. Reaches the API unchanged.
 * `code` is stable and machine readable: `unsupported_instruction`, `unsupported_feature`, `reset_loop`, `image_rejected`, `internal_error`.
 */
export interface GuestFault {
  code: string;
  message: string;
  /** Guest state worth showing: cs:eip, the bytes there, CR2 ... as hexadecimal text. */
  context?: Record<string, string>;
}
