import type { z } from "zod";
import { MachineStats } from "./stats.js";

/** What the machines of one host have done since its worker started, those that have ended included: what a worker answers API servers. */
export const HostStats = MachineStats.pick({
  cpu: true,
  modes: true,
  mmu: true,
  interrupts: true,
  translator: true,
  worldSwitches: true,
});
export type HostStats = z.infer<typeof HostStats>;
