import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readReport, reportingKernel, resettingKernel } from "../guests/multiboot-guest.js";
import { READY, tinyGuest } from "../guests/tiny-guest.js";
import { syntheticKernel } from "../images/synthetic-kernel.js";
import { multibootKernel } from "../images/synthetic-multiboot.js";

const command = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
let folder: string;
let kernel: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldswitch-test-"));
  kernel = join(folder, "kernel");
  writeFileSync(kernel, tinyGuest());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The command as a user starts it, with pipes. */
class Run {
  readonly child: ChildProcess;
  out = "";
  err = "";
  /** Standard error as bytes. */
  readonly errBytes: Buffer[] = [];
  readonly ended: Promise<{ code: number | null; signal: string | null }>;

  constructor(...args: string[]) {
    // What it keeps goes with the folder.
    const env = { ...process.env, WORLDSWITCH_CACHE: join(folder, "cache") };
    this.child = spawn(process.execPath, [command, "run", ...args], { stdio: "pipe", env });
    this.child.stdout?.setEncoding("latin1").on("data", (text) => {
      this.out += text;
    });
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.errBytes.push(bytes);
      this.err += bytes.toString("utf8");
    });
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
  }
  async untilOutput(text: string): Promise<void> {
    while (!this.out.includes(text)) if (this.child.stdout) await once(this.child.stdout, "data");
  }
}

describe("worldswitch run", () => {
  it("joins COM1 to standard input and output; ends with 0 when the guest powers off, and writes statistics and profile", async () => {
    const stats = join(folder, "stats.json");
    const run = new Run("--kernel", kernel, "--memory", "32", "--stats", stats, "--profile");
    await run.untilOutput(READY);
    run.child.stdin?.write("hello!");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.out).toBe(`${READY}hello`);
    expect(JSON.parse(readFileSync(stats, "utf8"))).toMatchObject({ memory: { guestMiB: 32 }, worldSwitches: { load: { count: 1 } } });
    expect(run.err).toMatch(/^world switches .*\nload +1 /);
    expect(run.err).toContain("translated regions");
  });

  it.each(["interpreter", "translator"])("runs two machines in lockstep, heard as one: %s", async (engine) => {
    const run = new Run("--kernel", kernel, "--memory", "32", "--lockstep", "--lockstep-every", "10000", "--engine", engine);
    await run.untilOutput(READY);
    run.child.stdin?.write("hello!");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.out).toBe(`${READY}hello`);
  });

  it("goes on when standard input ends, and ends on SIGTERM", async () => {
    const run = new Run("--kernel", kernel, "--memory", "32");
    run.child.stdin?.end("hello");
    await run.untilOutput(`${READY}hello`);
    run.child.kill("SIGTERM");
    expect(await run.ended).toEqual({ code: 143, signal: null });
  });

  it("ends when standard output is closed", async () => {
    const run = new Run("--kernel", kernel, "--memory", "32");
    await run.untilOutput(READY);
    run.child.stdout?.destroy();
    run.child.stdin?.write("x");
    expect((await run.ended).code).toBe(1);
  });

  it("ends with 3 and the fault on standard error", async () => {
    const faulty = join(folder, "faulty");
    writeFileSync(faulty, syntheticKernel({ code: Uint8Array.of(0x31, 0xc0, 0x50, 0x50, 0x0f, 0x01, 0x1c, 0x24, 0xcc) }));
    const run = new Run("--kernel", faulty, "--memory", "32");
    expect((await run.ended).code).toBe(3);
    expect(run.err).toContain("reset_loop");
  });

  it.each([
    ["at once", reportingKernel],
    ["again after the guest has reset itself", resettingKernel],
  ])("boots a Multiboot kernel with memory, command line and module %s; its exit code and debug bytes come out", async (_when, guest) => {
    const [file, module] = [join(folder, "multiboot"), join(folder, "module")];
    writeFileSync(file, guest(0x15));
    writeFileSync(module, "contents");
    const args = ["--multiboot", file, "--append", "a=1 b", "--module", `${module} words`, "--memory", "32"];
    const run = new Run(...args, "--debug-exit", "--debug-ports", "0x190,0xE9");
    expect(await run.ended).toEqual({ code: 0x2b, signal: null });
    const { eflags, cr0, ...said } = readReport(Buffer.concat(run.errBytes));
    expect(said).toEqual({
      eax: 0x2badb002,
      memoryKiB: [639, 31 * 1024],
      modules: 1,
      cmdline: `${file} a=1 b`,
      module: "contents",
      bss: 0,
    });
    expect(eflags & 0x2_0200, "VM and IF").toBe(0);
    expect(cr0 & 0x8000_0001, "PG and PE").toBe(1);
  });

  it("takes a gzip-packed Multiboot kernel", async () => {
    const file = join(folder, "packed.gz");
    writeFileSync(file, gzipSync(multibootKernel(Uint8Array.of(0xb0, 0x08, 0xe6, 0xf4))));
    expect((await new Run("--multiboot", file, "--debug-exit").ended).code).toBe(0x11);
  });

  it("starts a ROM at the reset vector; without --debug-exit port 0xF4 is any other", async () => {
    const rom = new Uint8Array(0x10000);
    rom.set([0xb0, 0x21, 0xe6, 0xe9, 0xe6, 0xf4, 0xfa, 0xf4], 0xfff0); // mov al, "!"; out 0xe9, al; out 0xf4, al; cli; hlt
    const file = join(folder, "rom");
    writeFileSync(file, rom);
    const run = new Run("--rom", file, "--debug-ports", "233");
    expect((await run.ended).code).toBe(0);
    expect(run.err).toBe("!");
  });

  it("loses no debug byte, however many there are", async () => {
    const file = join(folder, "flood");
    // mov ecx, 1000000; next: mov al, cl; out 0xe9, al; loop next; out 0xf4, al
    writeFileSync(file, multibootKernel(Uint8Array.of(0xb9, 0x40, 0x42, 0x0f, 0x00, 0x88, 0xc8, 0xe6, 0xe9, 0xe2, 0xfa, 0xe6, 0xf4)));
    const run = new Run("--multiboot", file, "--debug-exit", "--debug-ports", "0xe9");
    expect((await run.ended).code).toBe(3);
    const said = Buffer.concat(run.errBytes);
    expect(said.length).toBe(1_000_000);
    expect(said.every((byte, n) => byte === ((1_000_000 - n) & 0xff))).toBe(true);
  });

  it("ends with 3 and a fault where an image cannot be booted", async () => {
    const file = join(folder, "empty");
    writeFileSync(file, new Uint8Array());
    for (const args of [
      ["--rom", file],
      ["--multiboot", file],
    ]) {
      const run = new Run(...args);
      expect((await run.ended).code).toBe(3);
      expect(run.err).toContain("image_rejected");
    }
  });

  it.each([
    [["--kernel", "/nowhere/kernel"], "/nowhere/kernel"],
    [["--multiboot", "/nowhere/kernel"], "/nowhere/kernel"],
    [["--rom", "/nowhere/rom"], "/nowhere/rom"],
    [["--multiboot", command, "--module", "/nowhere/module words"], "/nowhere/module"],
    [["--image", "debian-mini", "--rom", command], "--rom"],
    [["--rom", command, "--module", command], "--module"],
    [["--rom", command, "--append", "words"], "--append"],
    [["--multiboot", command, "--initrd", command], "--initrd"],
    [["--rom", command, "--debug-ports", "0xe9,0x10000"], "0x10000"],
    [["--rom", command, "--debug-ports", ""], "--debug-ports"],
    [["--rom", command, "--debug-ports", "0xe9;0x190"], "0xe9;0x190"],
    [["--memory", "31", "--image", "debian-mini"], "--memory"],
    [["--image", "no-such-image"], "no-such-image"],
    [["--engine", "warp", "--image", "debian-mini"], "warp"],
    [["--image", "debian-mini", "--lockstep", "--clock", "host"], "--lockstep"],
    [["--image", "debian-mini", "--lockstep", "--lockstep-every", "50001"], "--lockstep-every"],
    [["--image", "debian-mini", "--lockstep-every", "1000"], "--lockstep-every"],
    [["--frobnicate"], "--frobnicate"],
    [[], "--kernel"],
  ])("ends with 2 on wrong use: %j", async (args, hint) => {
    const run = new Run(...args);
    expect((await run.ended).code).toBe(2);
    expect(run.err).toContain(hint);
  });
});
