/** What a process group uses, by proc(5): Linux only, as the guests' engines are measured there. */
import { readdirSync, readFileSync } from "node:fs";

export interface ResourceUse {
  /** User and system time so far. */
  cpuSeconds: number;
  residentMiB: number;
  memoryMaps: number;
}

const CLOCK_TICKS = 100;

/** @param group the leader's process id */
export function resourceUse(group: number): ResourceUse {
  let [ticks, kib, memoryMaps] = [0, 0, 0];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // The fields after the command's closing parenthesis begin with state, ppid, pgrp; utime, stime, cutime, cstime are 11 to 14.
      const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(fields[2]) !== group) continue;
      ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
      memoryMaps += readFileSync(`/proc/${pid}/maps`, "latin1").split("\n").length - 1;
    } catch (error) {
      // The process ended while we looked at it.
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return { cpuSeconds: ticks / CLOCK_TICKS, residentMiB: kib / 1024, memoryMaps };
}
