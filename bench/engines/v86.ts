/** v86 with its compiler on and off, in a Node process of its own. It boots through firmware, which comes from Debian's seabios. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Engine } from "../engine.js";
import { firmware } from "../firmware.js";

const MACHINE = fileURLToPath(new URL("./v86-machine.mjs", import.meta.url));

function engine(name: string, jit: boolean): Engine {
  return {
    name,
    rival: true,
    async describe() {
      try {
        const file = join(dirname(createRequire(import.meta.url).resolve("v86")), "..", "package.json");
        const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(file, "utf8")));
        await firmware();
        return { version: `v86 ${version}` };
      } catch (error) {
        return { missing: error instanceof Error ? error.message : String(error) };
      }
    },
    async command(image) {
      const { kernel, initrd, cmdline, memoryMiB } = image;
      return { argv: [process.execPath, MACHINE, JSON.stringify({ kernel, initrd, cmdline, memoryMiB, jit, ...(await firmware()) })] };
    },
  };
}

export const v86Jit = engine("v86", true);
export const v86Interpreter = engine("v86, no JIT", false);
