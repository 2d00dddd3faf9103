/** Ours, as a user starts it: the built command. */
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { MachineStats } from "../../src/vmx/stats.js";
import type { Engine } from "../engine.js";

const COMMAND = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
const RUN = fileURLToPath(new URL("../../dist/command/run.js", import.meta.url));
const PACKAGE = new URL("../../package.json", import.meta.url);

export const worldswitch: Engine = {
  name: "worldswitch",
  async describe() {
    const built = await access(RUN).then(
      () => true,
      () => false,
    );
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(PACKAGE, "utf8")));
    return built ? { version: `worldswitch ${version}` } : { missing: "not built: npm run build" };
  },
  async command(image) {
    const folder = await mkdtemp(join(tmpdir(), "worldswitch-bench-"));
    const file = join(folder, "stats.json");
    const stats = async () => {
      const text = await readFile(file, "utf8");
      await rm(folder, { recursive: true });
      return JSON.parse(text) as MachineStats;
    };
    return { argv: [process.execPath, COMMAND, "run", "--image", image.name, "--stats", file], stats };
  },
};
