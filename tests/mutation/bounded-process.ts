import { spawn } from "node:child_process";

export interface Ended {
  /** undefined: it ran longer than the bound, and was ended. */
  readonly code: number | undefined;
  readonly output: string;
  readonly milliseconds: number;
}

/** Enough of a message to tell what went wrong. */
const KEPT = 20_000;

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
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, bound);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: isLate ? undefined : (code ?? -1), output, milliseconds: performance.now() - start });
    });
  });
}
