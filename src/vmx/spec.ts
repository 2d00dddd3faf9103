/** What one virtual machine is made of, as the worker (or `worldswitch run`) hands it to the VMX. Plain data: it crosses process boundaries. */
export interface MachineSpec {
  /** Guest RAM in MiB, 32 to 2048. */
  memoryMiB: number;
  boot: BootFiles;
  engine: Engine;
  clock: ClockKind;
  /** Two machines side by side, the engine held against the interpreter after so many instructions, 1 to 50,000. By the deterministic clock. */
  lockstep?: { every: number };
  /** Ports that test programs report through; none of them by default. */
  debug?: DebugFacilities;
  /** Tell with the end where time went. */
  profile?: boolean;
  /** Folder in which translations are kept from one machine to the next of its kind; without, none are. Nobody but this user may write there. */
  translations?: string;
  /** Application code is translated as system code is. */
  forceBinaryTranslation?: boolean;
}

/** What a machine boots: paths of files on this host. Read again at each reset. */
export type BootFiles = LinuxBoot | MultibootBoot | RomBoot;

/** Boot by the Linux/x86 boot protocol (32-bit entry). */
export interface LinuxBoot {
  kind: "linux";
  kernel: string;
  initrd?: string;
  /** Kernel command line, at most 2047 bytes of printable ASCII. */
  cmdline: string;
}

/** Boot by the Multiboot specification, version 1. */
export interface MultibootBoot {
  kind: "multiboot";
  kernel: string;
  /** As the kernel sees it: by custom its first word is the kernel's name. Printable ASCII. */
  cmdline: string;
  modules: MultibootModule[];
}

export interface MultibootModule {
  file: string;
  /** The module's string, of which by custom the first word is its name. Printable ASCII. */
  cmdline: string;
}

/** A firmware ROM, mapped below 4 GiB and, its end, below 1 MiB; the processor starts as after RESET. */
export interface RomBoot {
  kind: "rom";
  rom: string;
}

export interface DebugFacilities {
  /** A write to port 0xF4 ends the machine with reason `debug_exit`. */
  exit: boolean;
  /** Ports, at most 64, whose bytes are reported as `debug`. */
  ports: number[];
}

/** `auto` takes the fastest engine there is. */
export type Engine = "interpreter" | "translator" | "auto";

/** `host`: the host's monotonic clock. `deterministic`: the count of retired instructions. */
export type ClockKind = "host" | "deterministic";

/** Why a machine left the running state by itself. */
export type StopReason = "halted" | "poweroff" | "stopped" | "fault" | "debug_exit";

/**
 * What the monitor could not do faithfully, or would not go on with. Reaches the API unchanged.
 * `code` is stable and machine readable: `unsupported_instruction`, `unsupported_feature`, `reset_loop`, `image_rejected`, `lockstep_difference`, `internal_error`.
 */
export interface GuestFault {
  code: string;
  message: string;
  /** Guest state worth showing: cs:eip, the bytes there, CR2 ... as hexadecimal text. */
  context?: Record<string, string>;
}
