/** A process that runs chunks for pool.ts, one after another, until it is disconnected. Its argument is the engine's name. */
import { runChunk } from "./chunk.js";
import { engines } from "./engine.js";
import { HostOracle } from "./oracle/host.js";
import type { Chunk } from "./plan.js";

const host = new HostOracle();
const engine = engines[process.argv[2]]();

process.on("message", (chunk: Chunk) => {
  process.send?.(runChunk(chunk, host, engine));
});
process.on("disconnect", () => {
  engine.close();
  host.close();
  process.exit();
});
