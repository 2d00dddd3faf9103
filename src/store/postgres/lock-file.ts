import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedPostgresUnavailable } from "./binaries.js";

/** How long a PostgreSQL whose server was killed may take to shut down, in milliseconds. */
const patienceMs = 20_000;

/**
 * Makes way for a start after a crash: waits for the PostgreSQL of a server that was killed to finish shutting down, and removes a `postmaster.pid` whose
 * process is gone, a zombie, or another program that has been given its number since.
 */
export async function clearLockFile(cluster: string): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => null);
    if (text === null) return;
    const pid = Number.parseInt(text, 10);
    if (!(await isPostgresOn(pid, cluster))) {
      // Again only if it still names the same process: its owner may have removed it, and another begun, in between.
      if ((await readFile(path, "utf8").catch(() => null)) === text) await rm(path, { force: true });
      return;
    }
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresUnavailable(`another server is using this data folder (PostgreSQL runs on it as process ${pid})`);
    }
    await delay(100);
  }
}

async function isPostgresOn(pid: number, cluster: string): Promise<boolean> {
  if (!(pid > 1)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  // A zombie has an empty command line.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.split("\0").includes(cluster);
}
