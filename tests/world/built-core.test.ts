import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { calloutNames, emitCoreModule } from "../../src/vmm/interpreter/core-module.js";
import { builtCore, writeCore } from "../../src/world/built-core.js";

/** The smallest module there is. */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

describe("the core module that is built beforehand", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "worldswitch-core-"));
    await mkdir(join(folder, "isa"));
    await writeFile(join(folder, "isa", "add.js"), "one");
    await writeFile(join(folder, "machine.js"), "two");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is found by the monitor that it was made for", async () => {
    await writeCore(MODULE, folder);
    expect(await builtCore(folder)).toBeInstanceOf(WebAssembly.Module);
  });

  it("is not found when any file of the monitor has changed, come, or gone", async () => {
    await writeCore(MODULE, folder);
    await writeFile(join(folder, "isa", "add.js"), "another");
    expect(await builtCore(folder)).toBeNull();
    await writeFile(join(folder, "isa", "add.js"), "one");
    await copyFile(join(folder, "machine.js"), join(folder, "more.js"));
    expect(await builtCore(folder)).toBeNull();
    await rm(join(folder, "more.js"));
    await rm(join(folder, "machine.js"));
    expect(await builtCore(folder)).toBeNull();
  });

  it("takes the place of what earlier builds left", async () => {
    await writeCore(MODULE, folder);
    await writeFile(join(folder, "machine.js"), "three");
    await writeCore(MODULE, folder);
    expect((await readdir(folder)).filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  });

  it("counts for nothing when it is damaged", async () => {
    await writeCore(MODULE.subarray(0, 7), folder);
    expect(await builtCore(folder)).toBeNull();
  });

  it("is part of the build", async () => {
    const core = await builtCore();
    expect(core && calloutNames(core)).toEqual(calloutNames(new WebAssembly.Module(emitCoreModule().bytes)));
  });
});
