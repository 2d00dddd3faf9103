import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const command = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
const { NODE_COMPILE_CACHE: _, ...ownEnv } = process.env;
const help = (env: NodeJS.ProcessEnv) => promisify(execFile)(process.execPath, [command, "run", "--help"], { env: { ...ownEnv, ...env } });

describe("V8's code of the command's modules", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "worldswitch-compiled-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.runIf("enableCompileCache" in module)("is kept with what else can be made again, or where the environment says", async () => {
    await help({ WORLDSWITCH_CACHE: folder });
    expect(await readdir(join(folder, "compiled"))).toHaveLength(1);
    const elsewhere = join(folder, "elsewhere");
    await help({ WORLDSWITCH_CACHE: folder, NODE_COMPILE_CACHE: elsewhere });
    expect(await readdir(elsewhere)).toHaveLength(1);
  });

  it("is done without where there can be no such folder", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    expect((await help({ WORLDSWITCH_CACHE: file })).stdout).toContain("usage: worldswitch run");
  });
});
