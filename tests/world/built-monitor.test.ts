import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { calloutNames, emitCoreModule } from "../../src/vmm/interpreter/core-module.js";
import { buildMonitor, builtCore, monitorDigest, programFile } from "../../src/world/built-monitor.js";

/** The smallest module there is. */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

let dist: string;
/** Leaves what a compiler does: modules, and what it knows of its work. */
async function compile(work: string, machine: string): Promise<void> {
  await writeFile(join(dist, ".tsbuildinfo"), work);
  await writeFile(join(dist, "vmm", "machine.js"), machine);
}
const build = (core = MODULE) => buildMonitor(core, copyFile, dist);

beforeEach(async () => {
  dist = await mkdtemp(join(tmpdir(), "worldswitch-built-"));
  for (const folder of ["vmm/isa", "vmx", "world"]) await mkdir(join(dist, folder), { recursive: true });
  for (const name of ["vmm/isa/add", "vmx/process", "world/vmm-thread", "world/translator-thread"])
    await writeFile(join(dist, `${name}.js`), name);
  await compile("first", "one");
});
afterEach(() => rm(dist, { recursive: true }));

describe("programs in one file", () => {
  it("are what runs after a build, and in the package, which says nothing of the compiler", async () => {
    await build();
    expect(programFile("world/vmm-thread", dist)).toBe(join(dist, "monitor", "vmm-thread.js"));
    await rm(join(dist, ".tsbuildinfo"));
    expect(programFile("vmx/process", dist)).toBe(join(dist, "monitor", "process.js"));
  });

  it("are not when a compiler has run since, until the next build", async () => {
    await build();
    await compile("second", "one");
    expect(programFile("world/vmm-thread", dist)).toBe(join(dist, "world", "vmm-thread.js"));
    await build();
    expect(programFile("world/vmm-thread", dist)).toBe(join(dist, "monitor", "vmm-thread.js"));
  });

  it("are not without a build, or when it was broken off", async () => {
    expect(programFile("vmx/process", dist)).toBe(join(dist, "vmx", "process.js"));
    await build();
    await expect(buildMonitor(MODULE, () => Promise.reject(new Error("broken off")), dist)).rejects.toThrow("broken off");
    expect(programFile("vmx/process", dist)).toBe(join(dist, "vmx", "process.js"));
  });
});

describe("the core module that is built beforehand", () => {
  it("is found by the monitor that it was made for, also when the compiler has made the same one again", async () => {
    await build();
    expect(await builtCore(dist)).toBeInstanceOf(WebAssembly.Module);
    await compile("second", "one");
    expect(await builtCore(dist)).toBeInstanceOf(WebAssembly.Module);
  });

  it("is not found when the compiler has changed, added, or removed any file of the monitor", async () => {
    await build();
    await compile("second", "another");
    expect(await builtCore(dist)).toBeNull();
    await compile("third", "one");
    await copyFile(join(dist, "vmm", "machine.js"), join(dist, "vmm", "more.js"));
    expect(await builtCore(dist)).toBeNull();
    await rm(join(dist, "vmm", "more.js"));
    await rm(join(dist, "vmm", "machine.js"));
    expect(await builtCore(dist)).toBeNull();
  });

  it("takes the place of what earlier builds left", async () => {
    await build();
    await compile("second", "two");
    await build();
    expect((await readdir(join(dist, "monitor"))).filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  });

  it("counts for nothing when it is damaged", async () => {
    await build(MODULE.subarray(0, 7));
    expect(await builtCore(dist)).toBeNull();
  });

  it("is part of the build", async () => {
    const core = await builtCore();
    expect(core && calloutNames(core)).toEqual(calloutNames(new WebAssembly.Module(emitCoreModule().bytes)));
  });
});

it("has a digest that is the build's, and another for another monitor", async () => {
  const digest = await monitorDigest(dist);
  await build();
  expect(await monitorDigest(dist)).toBe(digest);
  await compile("second", "two");
  expect(await monitorDigest(dist)).not.toBe(digest);
});
