import { spawn } from "node:child_process";

export interface Ended {
  /** undefined: it ran longer than the bound, and was ended. */
  readonly code: number | undefined;
  readonly output: string;
  readonly milliseconds: number;
}

/** Enough of a message to tell what went wrong. */
const KEPT = 20_000;

/** Process groups that run now; they end with this process. */
const running = new Set<number>();
process.on("exit", () => {
  for (const group of running) process.kill(-group, "SIGKILL");
});

/** Runs Node in a folder, in a process group of its own that is ended as a whole after `bound` milliseconds. */
export function runNode(
  folder: string,
  args: readonly string[],
  bound: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid;
  if (group !== undefined) running.add(group);
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    if (group !== undefined) process.kill(-group, "SIGKILL");
  }, bound);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (group !== undefined) running.delete(group);
      resolve({ code: isLate ? undefined : (code ?? -1), output, milliseconds: performance.now() - start });
    });
  });
}
