import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { READY, tinyGuest } from "../guests/tiny-guest.js";
import { syntheticKernel } from "../images/synthetic-kernel.js";

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
  readonly ended: Promise<{ code: number | null; signal: string | null }>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [command, "run", ...args], { stdio: "pipe" });
    this.child.stdout?.setEncoding("latin1").on("data", (text) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.err += text;
    });
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
  }
  async untilOutput(text: string): Promise<void> {
    while (!this.out.includes(text)) if (this.child.stdout) await once(this.child.stdout, "data");
  }
}

describe("worldswitch run", () => {
  it("joins COM1 to standard input and output; ends with 0 when the guest powers off, and writes statistics", async () => {
    const stats = join(folder, "stats.json");
    const run = new Run("--kernel", kernel, "--memory", "32", "--stats", stats);
    await run.untilOutput(READY);
    run.child.stdin?.write("hello!");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.out).toBe(`${READY}hello`);
    expect(JSON.parse(readFileSync(stats, "utf8"))).toMatchObject({ memory: { guestMiB: 32 }, worldSwitches: { load: { count: 1 } } });
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
    [["--kernel", "/nowhere/kernel"], "/nowhere/kernel"],
    [["--memory", "31", "--image", "debian-mini"], "--memory"],
    [["--image", "no-such-image"], "no-such-image"],
    [["--engine", "warp", "--image", "debian-mini"], "warp"],
    [["--frobnicate"], "--frobnicate"],
    [[], "--kernel"],
  ])("ends with 2 on wrong use: %j", async (args, hint) => {
    const run = new Run(...args);
    expect((await run.ended).code).toBe(2);
    expect(run.err).toContain(hint);
  });
});
