import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Installation, startInstallation } from "./http-installation.js";

let installation: Installation;
let receiver: ChildProcess | undefined;
beforeAll(async () => {
  installation = await startInstallation({ webhookAllow: ["127.0.0.1"] });
});
afterAll(async () => {
  if (receiver?.exitCode === null) {
    receiver.kill("SIGKILL");
    await once(receiver, "exit");
  }
  await installation?.close();
});

/** The program of the section on webhooks. */
function exampleOf(document: string): string {
  const example = /## Webhooks\n[\s\S]*?```js\n([\s\S]*?)```/.exec(document);
  return example?.[1] ?? "";
}

it("the receiver in api/streams.md takes what is genuine and refuses what is not", async () => {
  const file = join(installation.folder, "receiver.mjs");
  await writeFile(file, exampleOf(readFileSync(new URL("../../api/streams.md", import.meta.url), "utf8")));
  const quiet = { url: "http://127.0.0.1:1/", active: false, types: ["vm.updated"] };
  const { id, secret } = (await installation.admin.post("/v1/webhooks", quiet).expect(201)).body;
  receiver = spawn(process.execPath, [file], { env: { WEBHOOK_SECRET: secret, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  if (!receiver.stdout) throw new Error("no pipe");
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  const url = `http://127.0.0.1:${/\d+$/.exec((await lines.next()).value)?.[0]}/`;

  const now = String(Math.floor(Date.now() / 1000));
  const forged = { "webhook-id": "evt_1", "webhook-timestamp": now, "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}` };
  expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
  expect((await fetch(url, { method: "POST", body: "{}", headers: forged })).status).toBe(401);

  await installation.admin.patch(`/v1/webhooks/${id}`, { url, active: true }).expect(200);
  await installation.tell("vm_genuine");
  expect(JSON.parse((await lines.next()).value)).toMatchObject({ type: "vm.updated", subject: "vm_genuine" });
});
