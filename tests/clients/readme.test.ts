/** The examples of the SDK's README do what it says, one after the other. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cacheSetting, whyAbsent } from "../guests/catalog-image.js";
import { HANG_TEST_MS } from "../guests/guest-console.js";
import { tinyGuest } from "../guests/tiny-guest.js";
import { type Installation, startInstallation } from "./installation.js";

vi.setConfig({ testTimeout: HANG_TEST_MS, hookTimeout: HANG_TEST_MS });

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "clients/typescript/README.md"), "utf8");
/** A block of code, and the block of what it prints behind it. */
const examples = [...readme.matchAll(/```js\n(.*?)```\n\n```text\n(.*?)```/gs)].map(([, code, printed]) => ({ code, printed }));
const absent = await whyAbsent("debian-mini");

it("has examples, and each says what it prints", () => {
  expect(examples.length).toBe(readme.match(/^```js$/gm)?.length);
  expect(examples.length).toBeGreaterThan(5);
});

describe.skipIf(absent)(`the README${absent ? `, whose image cannot be had: ${absent}` : ""}`, () => {
  let installation: Installation;
  let env: Record<string, string>;
  beforeAll(async () => {
    installation = await startInstallation(cacheSetting());
    const { url, token, folder } = installation.served;
    const kernel = join(folder, "kernel");
    await writeFile(kernel, tinyGuest());
    env = { WORLDSWITCH_URL: url, WORLDSWITCH_TOKEN: token, KERNEL: kernel, NODE_NO_WARNINGS: "1" };
  });
  afterAll(() => installation?.close());

  it.each(examples)("prints what it says: $printed", async ({ code, printed }) => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], { cwd: root, env });
    expect(stdout.trimEnd()).toBe(printed.trimEnd());
  });
});
