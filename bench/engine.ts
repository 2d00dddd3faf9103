/** A way to boot an image that can be started as a command with the guest's serial console on its standard output. */
import type { PreparedImage } from "../src/images/image-cache.js";
import type { MachineStats } from "../src/vmx/stats.js";

export interface Engine {
  name: string;
  /** What it is, with its version; or why it cannot run here. */
  describe(): Promise<{ version: string } | { missing: string }>;
  command(
    image: PreparedImage,
  ): Promise<{ argv: [string, ...string[]] /** Statistics of the run, once it has ended. */; stats?: () => Promise<MachineStats> }>;
}
