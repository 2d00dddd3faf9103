import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where what can be made again is kept, outside of any checkout: `WORLDSWITCH_CACHE`, else `~/.cache/worldswitch`. */
export function cacheFolder(): string {
  return resolve(process.env.WORLDSWITCH_CACHE || join(homedir(), ".cache", "worldswitch"));
}
