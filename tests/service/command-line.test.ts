/** What the servers say when they are started wrongly: one line, and exit code 1 or 2. */

import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Spawned } from "./served.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-command-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function complaint(command: string, env: Record<string, string>): Promise<[code: number | null, lines: string[]]> {
  const spawned = new Spawned(command, { WORLDSWITCH_DATA: join(folder, "data"), ...env });
  const { code } = await spawned.ended;
  return [code, spawned.stderr.filter((line) => !line.startsWith("{"))];
}

it.each(["api", "worker"])("%s needs DATABASE_URL", async (command) => {
  expect(await complaint(command, {})).toEqual([1, [expect.stringMatching(/^worldswitch: DATABASE_URL is needed/)]]);
});

it.each([
  ["PORT", "http"],
  ["WORLDSWITCH_PUBLIC_URL", "ftp://x"],
  ["WORLDSWITCH_CORS_ORIGINS", "lab.example"],
  ["WORLDSWITCH_EMBED_ORIGINS", "https://lab.example; script-src *"],
  ["WORLDSWITCH_WEBHOOK_ALLOW", "10.0.0.0/40"],
  ["WORLDSWITCH_TRUST_PROXY", "everybody"],
  ["WORLDSWITCH_METRICS_TOKEN", "short"],
  ["WORLDSWITCH_ADMIN_TOKEN", "short"],
  ["WORLDSWITCH_CLUSTER_SECRET", "short"],
  ["DATABASE_URL", "mysql://localhost/x"],
  ["WORLDSWITCH_LOG_LEVEL", "loud"],
])("a bad %s is named, before anything is touched", async (name, value) => {
  expect(await complaint("serve", { [name]: value })).toEqual([1, [expect.stringMatching(new RegExp(`^worldswitch: ${name} `))]]);
  await expect(stat(join(folder, "data"))).rejects.toThrow("ENOENT");
});

it("a database that doesn't answer is told", async () => {
  const [code, lines] = await complaint("api", { DATABASE_URL: "postgresql://localhost:1/none" });
  expect([code, lines]).toEqual([1, [expect.stringMatching(/^worldswitch: .*ECONNREFUSED/)]]);
});

it("a port that is taken is told, and the database goes again", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const { port } = blocker.address() as { port: number };
  const own = join(folder, "taken");
  const [code, lines] = await complaint("serve", { PORT: String(port), WORLDSWITCH_DATA: own });
  expect([code, lines]).toEqual([1, [expect.stringMatching(/^worldswitch: .*EADDRINUSE/)]]);
  await expect(stat(join(own, "postgres", "postmaster.pid"))).rejects.toThrow("ENOENT");
  blocker.close();
});

it("an unknown command is answered with the usage", async () => {
  const [code, lines] = await complaint("launch", {});
  expect(code).toBe(2);
  expect(lines[0]).toBe('worldswitch: there is no command "launch"');
});
