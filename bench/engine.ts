/** A way to boot a Linux that can be started as a command with the guest's serial console on its standard output. */
import type { PreparedImage } from "../src/images/image-cache.js";
import type { MachineStats } from "../src/vmx/stats.js";
import type { Command } from "./console-process.js";

export type Boot = Pick<PreparedImage, "kernel" | "initrd" | "cmdline" | "memoryMiB">;

export interface Engine {
  name: string;
  /** Somebody else's: what we are compared with. */
  rival: boolean;
  /** What it is, with its version; or why it cannot run here. */
  describe(): Promise<{ version: string } | { missing: string }>;
  command(boot: Boot): Promise<{ argv: Command /** Statistics of the run, once it has ended. */; stats?: () => Promise<MachineStats> }>;
}
