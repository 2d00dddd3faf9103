import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keptFile } from "../../src/vmx/kept-file.js";
import type { BootFiles } from "../../src/vmx/spec.js";

describe("the file that a machine's translations are kept in", () => {
  let top: string;
  let monitor: string;
  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), "worldswitch-test-"));
    monitor = join(top, "monitor");
    await mkdir(join(monitor, "vmm"), { recursive: true });
    await writeFile(join(monitor, "vmm", "machine.js"), "one");
    await writeFile(join(top, "kernel"), "Linux 6.1");
  });
  afterEach(() => rm(top, { recursive: true }));

  const kernel = (name = "kernel"): BootFiles => ({ kind: "linux", kernel: join(top, name), cmdline: "" });
  const fileOf = (boot: BootFiles, of = monitor) => keptFile(top, boot, of);

  it("is the same one in the folder for each machine that boots the same, whatever it is told, and wherever that lies", async () => {
    const file = await fileOf(kernel());
    expect(dirname(file)).toBe(top);
    expect(file).toMatch(/\.pack$/);
    await writeFile(join(top, "copy"), "Linux 6.1");
    expect(await fileOf({ kind: "linux", kernel: join(top, "copy"), initrd: join(top, "none"), cmdline: "quiet" })).toBe(file);
    expect(await fileOf({ kind: "rom", rom: join(top, "copy") })).toBe(file);
  });

  it("is another one for another kernel", async () => {
    await writeFile(join(top, "other"), "Linux 6.2");
    expect(await fileOf(kernel("other"))).not.toBe(await fileOf(kernel()));
  });

  it("is another one for another monitor", async () => {
    const before = await fileOf(kernel());
    await writeFile(join(monitor, "vmm", "machine.js"), "two");
    expect(await fileOf(kernel())).not.toBe(before);
    expect(await keptFile(top, kernel())).not.toBe(before);
  });

  it("is another one for a V8 with other flags, which doesn't take the code", () => {
    const program = new URL("../../dist/vmx/kept-file.js", import.meta.url);
    const source = `import { keptFile } from "${program}"; process.stdout.write(await keptFile("", ${JSON.stringify(kernel())}))`;
    const fileBy = (...flags: string[]) =>
      execFileSync(process.execPath, [...flags, "--input-type=module", "-e", source], { encoding: "utf8" });
    const usual = fileBy();
    expect(fileBy()).toBe(usual);
    expect(fileBy("--no-opt")).not.toBe(usual);
  });

  it("can't be told where there is nothing to boot", async () => {
    await expect(fileOf(kernel("none"))).rejects.toThrow("none");
  });
});
