import module from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../images/cache-folder.js";

/** Node 22 and later: not in the types of Node 20. */
const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };

/**
 * From now on V8's code of modules is kept from one start to the next, where Node can: of this process, its threads and the processes that it forks. That takes
 * a tenth off the way to a guest's first instruction. Where the folder can't be written, nothing is kept.
 */
export function keepCompiledCode(): void {
  process.env.NODE_COMPILE_CACHE ??= join(cacheFolder(), "compiled");
  enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}
