import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBootFile } from "../../src/vmx/boot-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "boot-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("Reading a boot file", () => {
  it.each([0, 1, 65536, 200_001])("gives its %i bytes", async (length) => {
    const path = join(folder, `file-${length}`);
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
    await writeFile(path, bytes);
    expect(bytes.equals(await readBootFile(path))).toBe(true);
  });

  it("reads what has no size to its end: a pipe", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const [bytes] = await Promise.all([readBootFile(path), writeFile(path, "from a pipe")]);
    expect(Buffer.from(bytes).toString()).toBe("from a pipe");
  });

  it.each([
    ["nothing is there", "absent", "ENOENT"],
    ["it is a folder", ".", "EISDIR"],
  ])("fails with the system's code where %s", async (_, name, code) => {
    await expect(readBootFile(join(folder, name))).rejects.toMatchObject({ code });
  });
});
