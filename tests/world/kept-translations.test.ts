import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MachineStats } from "../../src/vmx/stats.js";
import { loopsGuest } from "../guests/loops-guest.js";

const command = fileURLToPath(new URL("../../bin/worldswitch.js", import.meta.url));
/** Half a billion instructions: seconds for the interpreter, so the translator has the time it needs, however busy the host is. */
const ROUNDS = 150;

let folder: string;
let kernel: string;
/** A machine that keeps nothing, and what the guest writes there. */
let cold: Cache;
let output: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "worldswitch-test-"));
  kernel = join(folder, "kernel");
  writeFileSync(kernel, loopsGuest(ROUNDS));
  cold = new Cache();
  ({ output } = await cold.run("--cold"));
  expect(output).toMatch(/^[a-p]{8}$/);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A user's cache, empty at first, and machines that are run with it one after the other. */
class Cache {
  private readonly path = mkdtempSync(join(folder, "cache-"));

  async run(...options: string[]): Promise<{ output: string; compiled: number; recalled: number }> {
    const stats = join(this.path, "stats.json");
    const args = ["run", "--multiboot", kernel, "--memory", "32", "--debug-exit", "--stats", stats, ...options];
    const child = spawn(process.execPath, [command, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, WORLDSWITCH_CACHE: this.path },
    });
    let output = "";
    child.stdout.setEncoding("latin1").on("data", (text) => {
      output += text;
    });
    expect(await once(child, "close")).toEqual([1, null]);
    const { translator } = JSON.parse(readFileSync(stats, "utf8")) as MachineStats;
    return { output, compiled: translator.regionsCompiled, recalled: translator.regionsRecalled };
  }

  /** The file of kept translations, the only one there is. */
  get pack(): string {
    const names = readdirSync(join(this.path, "translations"));
    expect(names).toEqual([expect.stringMatching(/\.pack$/)]);
    return join(this.path, "translations", names[0]);
  }
  /** With something in it. */
  async filled(): Promise<this> {
    await this.run();
    expect(readFileSync(this.pack).length).toBeGreaterThan(1000);
    return this;
  }
  get keepsNone(): boolean {
    return !readdirSync(this.path).includes("translations");
  }
}

describe("translations of a machine", () => {
  it("are the next one's, which does the same with them", async () => {
    const cache = new Cache();
    const first = await cache.run();
    expect(first).toEqual({ output, compiled: expect.any(Number), recalled: 0 });
    expect(first.compiled).toBeGreaterThan(0);
    expect(readFileSync(cache.pack).length).toBeGreaterThan(1000);
    const second = await cache.run();
    expect(second.output).toBe(output);
    expect(second.recalled).toBeGreaterThan(0);
  });

  it("are made anew where their file is damaged, and are then the next one's", async () => {
    const cache = await new Cache().filled();
    const { pack } = cache;
    writeFileSync(pack, "no translations at all");
    const run = await cache.run();
    expect(run).toEqual({ output, compiled: expect.any(Number), recalled: 0 });
    expect(run.compiled).toBeGreaterThan(0);
    expect(cache.pack).toBe(pack);
    expect((await cache.run()).recalled).toBeGreaterThan(0);
  });

  it("are made anew where their code is damaged", async () => {
    const cache = await new Cache().filled();
    const bytes = readFileSync(cache.pack);
    // Its second half is code and modules: each of them is damaged.
    for (let at = bytes.length >> 1; at < bytes.length; at += 16) bytes[at] ^= 1;
    writeFileSync(cache.pack, bytes);
    const run = await cache.run();
    expect(run.output).toBe(output);
    expect(run.compiled).toBeGreaterThan(0);
  });
});

describe("a machine that is to have nothing of earlier ones", () => {
  let cache: Cache;
  beforeAll(async () => {
    cache = await new Cache().filled();
  });

  it.each(["--cold", "--profile", "--lockstep"])("has nothing, and leaves nothing to later ones: %s", async (option) => {
    const before = readFileSync(cache.pack);
    const { output: said, recalled } = await cache.run(option);
    expect({ said, recalled }).toEqual({ said: output, recalled: 0 });
    expect(readFileSync(cache.pack).equals(before)).toBe(true);
  });

  it("makes no file", () => expect(cold.keepsNone).toBe(true));
});
