import module from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../images/cache-folder.js";
import { makeFolderOf } from "../world/kept/pack.js";

/** Node 22 and later: not in the types of Node 20. */
const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };

/**
 * From now on V8's code of modules is kept from one start to the next, where Node can: of this process, its threads and the processes that it forks. That takes
 * a tenth off the way to a guest's first instruction. Where the folder can't be written, or others may write there, nothing is kept.
 */
export function keepCompiledCode(): void {
  if (!enableCompileCache) return;
  try {
    if (process.env.NODE_COMPILE_CACHE === undefined) {
      const folder = join(cacheFolder(), "compiled");
      makeFolderOf(join(folder, "any"));
      process.env.NODE_COMPILE_CACHE = folder;
    }
    enableCompileCache(process.env.NODE_COMPILE_CACHE);
  } catch {
    // No home, or somebody else's folder.
  }
}
