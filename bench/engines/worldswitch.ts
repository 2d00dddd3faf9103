/** Ours, as a user starts it: the built command. */
import { execFile } from "node:child_process";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { MachineStats } from "../../src/vmx/stats.js";
import type { Engine } from "../engine.js";

const COMMAND = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
const RUN = fileURLToPath(new URL("../../dist/command/run.js", import.meta.url));
const PACKAGE = new URL("../../package.json", import.meta.url);

/** @param options of `worldswitch run`, each of which its usage must name */
function engine(name: string, options: readonly string[]): Engine {
  return {
    name,
    rival: false,
    async describe() {
      const built = await access(RUN).then(
        () => true,
        () => false,
      );
      if (!built) return { missing: "not built: npm run build" };
      if (options.length > 0) {
        const { stdout: usage } = await promisify(execFile)(process.execPath, [COMMAND, "run", "--help"]);
        const unknown = options.find((option) => !usage.includes(option));
        if (unknown !== undefined) return { missing: `"worldswitch run" has no option ${unknown}` };
      }
      const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(PACKAGE, "utf8")));
      return { version: ["worldswitch", version, ...options].join(" ") };
    },
    async command({ kernel, initrd, cmdline, memoryMiB }) {
      const folder = await mkdtemp(join(tmpdir(), "worldswitch-bench-"));
      const file = join(folder, "stats.json");
      const stats = async () => {
        try {
          return JSON.parse(await readFile(file, "utf8")) as MachineStats;
        } finally {
          await rm(folder, { recursive: true });
        }
      };
      const boot = ["--kernel", kernel, "--initrd", initrd, "--append", cmdline, "--memory", String(memoryMiB)];
      return { argv: [process.execPath, COMMAND, "run", ...boot, "--stats", file, ...options], stats };
    },
  };
}

/** With the translations that earlier runs have left in the cache: the bench's own, mostly. */
export const worldswitch = engine("worldswitch", []);
/** As the first run of a guest is: everything is translated anew. */
export const cold = engine("worldswitch, cold", ["--cold"]);
export const interpreter = engine("worldswitch, interpreter", ["--engine", "interpreter"]);
/** All code by binary translation, whatever the decision engine says: what direct execution gains is the difference. */
export const forcedTranslation = engine("worldswitch, forced BT", ["--force-bt"]);
