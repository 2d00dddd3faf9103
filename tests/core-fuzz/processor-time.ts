import { readFileSync } from "node:fs";

/** The kernel counts in these, everywhere. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds that a process has computed; where the kernel doesn't say (only Linux does), seconds on the clock. What is stuck is told by what it
 * computes: on a busy host a process may wait for longer than anything takes.
 */
export function processorSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is a name in parentheses; utime and stime are the 14th and 15th (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return performance.now() / 1000;
  }
}
