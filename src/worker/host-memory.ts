import { totalmem } from "node:os";

const MiB = 1024 * 1024;

/**
 * What the machines of this host may take in all, in MiB: its memory, or what a container leaves this process of it.
 * @param limit bytes; 0, and more than there is, say that there is none
 */
export function hostMemoryMiB(total = totalmem(), limit = process.constrainedMemory()): number {
  return Math.floor((limit > 0 ? Math.min(total, limit) : total) / MiB);
}
