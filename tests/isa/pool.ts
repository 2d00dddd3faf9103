import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ChunkReport } from "./chunk.js";
import type { Chunk } from "./plan.js";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** Chunks of cases live in the young generation for as long as they are worked on. */
const YOUNG_GENERATION = "--max-semi-space-size=64";

/**
 * Runs chunks in as many processes as there are jobs, and hands out their reports in the order of the chunks.
 * Rejects if a process dies.
 */
export async function runChunks(
  chunks: readonly Chunk[],
  engine: string,
  jobs: number,
  report: (chunk: ChunkReport) => void,
): Promise<void> {
  const reports: (ChunkReport | undefined)[] = [];
  let next = 0;
  let reported = 0;
  const work = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      let current = 0;
      const take = () => {
        if (next === chunks.length) {
          child.disconnect();
          return;
        }
        current = next++;
        child.send(chunks[current]);
      };
      child.on("message", (message) => {
        reports[current] = message as ChunkReport;
        for (let ready = reports[reported]; ready !== undefined; ready = reports[reported]) {
          delete reports[reported++];
          report(ready);
        }
        take();
      });
      child.on("exit", (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`a process ended with ${signal ?? code} in family ${chunks[current].family}`));
      });
      take();
    });
  const children = Array.from({ length: Math.min(jobs, chunks.length) }, () =>
    fork(WORKER, [engine], { execArgv: [...process.execArgv, YOUNG_GENERATION] }),
  );
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
  }
}
