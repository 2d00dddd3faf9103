import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { hostMark } from "./vm-process.js";

const patienceMs = 10_000;

/**
 * Ends VM processes of this host that an earlier worker left. They end by themselves when their worker goes; this is for one that is stuck, so that no machine can
 * run twice. Answers their process ids. Does nothing where there is no /proc.
 */
export async function endOrphans(hostId: string): Promise<number[]> {
  const found = await vmProcesses(hostId);
  for (const pid of found) kill(pid);
  const deadline = Date.now() + patienceMs;
  while ((await vmProcesses(hostId)).length > 0) {
    if (Date.now() > deadline) throw new Error(`VM processes of an earlier worker don't end: ${found.join(", ")}`);
    await delay(20);
  }
  return found;
}

/** Process ids of this host's VM processes. A zombie has no command line, and doesn't count. */
export async function vmProcesses(hostId: string): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return commandLine.split("\0").includes(hostMark(hostId));
    }),
  );
  return pids.filter((_pid, i) => marked[i]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
