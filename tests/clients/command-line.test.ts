/** The command line with the real server. */
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worldswitch } from "@worldswitch/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { READY, tinyGuest } from "../guests/tiny-guest.js";
import { worldswitch } from "./command.js";
import { type Installation, startInstallation } from "./installation.js";

let installation: Installation;
let client: Worldswitch;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-files-"));
  installation = await startInstallation();
  client = installation.client();
});
afterAll(async () => {
  await installation?.close();
  await rm(folder, { recursive: true, force: true });
});

/** As the server's owner, beside its data folder, and with a terminal for standard error where it is asked for. */
const run = (args: string[], { env = {}, ...rest }: { env?: Record<string, string>; terminal?: boolean } = {}) =>
  worldswitch(args, {
    ...rest,
    env: { HOME: folder, WORLDSWITCH_URL: installation.proxy.url, WORLDSWITCH_DATA: installation.served.folder, ...env },
  });

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run([...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

/** Columns by their headings. */
function rows(text: string): Record<string, string>[] {
  const [heading, ...lines] = text.trimEnd().split("\n");
  const columns = [...heading.matchAll(/\S+\s*/g)].map(({ 0: name, index }) => ({
    name: name.trim(),
    from: index,
    to: index + name.length,
  }));
  return lines.map((line) =>
    Object.fromEntries(columns.map(({ name, from, to }, i) => [name, line.slice(from, i === columns.length - 1 ? undefined : to).trim()])),
  );
}

describe("machines", () => {
  it("are created, listed and shown, in words and in JSON", async () => {
    const created = await run(["vm", "create", "tiny", "--name", "web", "--memory", "32", "--label", "team=lab", "--cmdline", "quiet"]);
    expect(created).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^web running vm_\w+\n$/) });
    const listed = await run(["vm", "list", "--label", "team=lab", "--state", "running"]);
    expect(rows(listed.stdout)).toEqual([
      {
        NAME: "web",
        STATE: "running",
        IMAGE: "tiny",
        MEMORY: "32 MiB",
        AGE: expect.stringMatching(/^\d+s$/),
        ID: expect.stringMatching(/^vm_/),
      },
    ]);
    expect(await json("vm", "list", "--label", "team=lab")).toMatchObject([{ name: "web", memoryMiB: 32, cmdline: "quiet" }]);
    expect(await json("vm", "list", "--state", "paused")).toEqual([]);
    expect(await json("vm", "show", "web")).toMatchObject({ name: "web", state: "running" });
    const { stdout } = await run(["vm", "show", "web"]);
    expect(stdout).toMatch(/^state +running$/m);
    expect(stdout).toMatch(/^image +tiny$/m);
    expect(stdout).toMatch(/^labels +team=lab$/m);
  });

  it("do what they are told, several at once, by name or id", async () => {
    const one = await client.vms.create({ image: "tiny", name: "one", memoryMiB: 32 });
    const two = await client.vms.create({ image: "tiny", name: "two", memoryMiB: 32 });
    expect(await run(["vm", "pause", "one", two.id])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect([(await one.refresh()).state, (await two.refresh()).state]).toEqual(["paused", "paused"]);
    expect(await json("vm", "resume", "one")).toMatchObject([{ kind: "vm.resume", state: "succeeded" }]);
    const half = await run(["vm", "reset", "one", "two"]);
    expect(half).toMatchObject({ code: 1, stderr: expect.stringMatching(/^worldswitch: .*paused.* \(vm_state_conflict\)\n$/) });
    expect(await run(["vm", "stop", "one", "two", "--no-wait"])).toMatchObject({ code: 0 });
    await one.wait("stopped");
    await two.wait("stopped");
    expect(await run(["vm", "delete", "one", "two"])).toMatchObject({ code: 0 });
    expect(await one.wait("deleted")).toBe("deleted");
  });

  it("of one name are not guessed at, and nothing is done to any", async () => {
    const twins = [
      await client.vms.create({ image: "tiny", name: "twin", start: false }),
      await client.vms.create({ image: "tiny", name: "twin", start: false }),
    ];
    const { code, stderr } = await run(["vm", "delete", "web", "twin"]);
    expect([code, stderr]).toEqual([1, `worldswitch: 2 machines are named twin: ${twins[1].id}, ${twins[0].id}\n`]);
    expect(await json("vm", "show", "web")).toMatchObject({ state: "running" });
  });

  it("show what they do", async () => {
    const { code, stdout } = await run(["vm", "stats", "web", "-n", "2", "--interval", "1"]);
    expect(code).toBe(0);
    expect(rows(stdout).map(({ STATE }) => STATE)).toEqual(["running", "running"]);
    expect(rows(stdout)[0].CPU).toMatch(/^\d+ %$/);
    const line = (await run(["vm", "stats", "web", "-n", "1", "--json"])).stdout;
    expect(JSON.parse(line)).toMatchObject({ state: "running", generation: 1, stats: { cpu: { instructions: expect.any(Number) } } });
  });

  it("have said what they have said", async () => {
    expect(await run(["vm", "logs", "web"])).toEqual({ code: 0, stdout: READY, stderr: "" });
    expect(await run(["vm", "logs", "web", "--from", "2"])).toMatchObject({ stdout: READY.slice(2) });
    expect(await json("vm", "logs", "web", "--from", "5")).toEqual({ offset: 5, base64: Buffer.from(READY.slice(5)).toString("base64") });
  });

  it("are followed until they are deleted", async () => {
    const vm = await client.vms.create({ image: "tiny", name: "followed", memoryMiB: 32 });
    const following = run(["vm", "logs", "followed", "--follow"]);
    const opened = vm.console();
    await opened.expect(READY);
    await opened.write("kk");
    await opened.expect("kk");
    // The other one is there too.
    await opened.until(() => (opened.viewers === 2 ? true : null));
    await vm.delete();
    expect(await following).toEqual({ code: 0, stdout: `${READY}kk`, stderr: "" });
  });

  it("without a shell have no commands run on them", async () => {
    const { code, stderr } = await run(["vm", "sh", "web", "--timeout", "1", "true"]);
    expect(code).toBe(255);
    expect(stderr).toMatch(/^worldswitch: no shell answers on the console, which ends with "/);
    expect((await run(["vm", "sh", "nobody", "true"])).code).toBe(255);
  });
});

describe("what the server refuses", () => {
  it.each([
    [["vm", "show", "nobody"], 4, 'there is no vm "nobody"'],
    [["vm", "create", "nothing"], 4, 'there is no image "nothing"'],
    [["vm", "create", "tiny", "--memory", "1"], 1, "the body does not fit; /memoryMiB: "],
    [["operation", "show", "op_none"], 4, 'there is no operation "op_none"'],
    [["image", "delete", "debian-mini"], 1, "images of the catalog do not change (image_state_conflict)"],
    [["token", "revoke", "nobodys"], 4, 'there is no token "nobodys"'],
  ])("is told in words, with a code: %j", async (args, code, words) => {
    const outcome = await run(args);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
    expect(outcome.stderr).toContain(`worldswitch: ${words}`);
  });

  it("is a token that is wrong, or too weak", async () => {
    const wrong = await run(["vm", "list"], { env: { WORLDSWITCH_TOKEN: "expired" } });
    expect([wrong.code, wrong.stderr]).toEqual([4, "worldswitch: the server does not know the token: it is wrong, revoked or expired\n"]);
    const weak = await run(["vm", "create", "tiny"], { env: { WORLDSWITCH_TOKEN: await installation.token("viewer") } });
    expect(weak).toMatchObject({ code: 4, stderr: expect.stringMatching(/^worldswitch: .*operator/) });
  });

  it("is the console of a deleted machine", async () => {
    const vm = await client.vms.create({ image: "tiny", name: "gone", start: false });
    await vm.delete();
    expect(await run(["vm", "console", vm.id])).toMatchObject({ code: 4, stderr: `worldswitch: there is no vm "${vm.id}"\n` });
  });
});

describe("images", () => {
  const kernel = () => join(folder, "kernel");

  it("are uploaded, with a bar where somebody looks", async () => {
    await writeFile(kernel(), tinyGuest());
    const added = await run(["image", "add", "mine", "--kernel", kernel(), "--description", "my own"], { terminal: true });
    expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mine ready img_\w+\n$/) });
    expect(added.stderr).toContain("kernel ");
    expect(added.stderr).toMatch(/\[#{24}\] 100 %/);
    // Nothing of it is left on the screen.
    expect(added.stderr.endsWith("\r\x1b[K")).toBe(true);
    expect(rows((await run(["image", "list"])).stdout)).toContainEqual(
      expect.objectContaining({ NAME: "mine", FROM: "upload", DESCRIPTION: "my own" }),
    );
    expect((await run(["image", "show", "mine"])).stdout).toMatch(/^kernel +\d.* KiB, sha256 [0-9a-f]{64}$/m);
    expect(await run(["image", "delete", "mine"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("that are no kernels are refused, and taken back", async () => {
    await writeFile(join(folder, "text"), "no kernel");
    const refused = await run(["image", "add", "text", "--kernel", join(folder, "text")]);
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/\(image_file_invalid\)\n$/) });
    expect((await run(["image", "show", "text"])).code).toBe(4);
  });

  it("whose upload breaks off for good are taken back as far as the server can be reached", async () => {
    await writeFile(kernel(), tinyGuest());
    // Larger than what fits on the way: not yet sent when the connection goes.
    await truncate(kernel(), 64 * 1024 * 1024);
    let cutting = true;
    const cut = async () => {
      while (cutting) {
        await new Promise(setImmediate);
        if ((await readdir(installation.served.folder, { recursive: true })).some((name) => name.includes("incoming")))
          installation.proxy.cut();
      }
    };
    const cutter = cut();
    const broken = await run(["image", "add", "broken", "--kernel", kernel()]);
    cutting = false;
    await cutter;
    expect(broken).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("the connection broke") });
  });

  it("need files that are there, before anything is announced", async () => {
    const absent = await run(["image", "add", "absent", "--kernel", join(folder, "absent")]);
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringMatching(/^worldswitch: ENOENT.*absent/) });
    expect(await run(["image", "add", "absent", "--kernel", folder])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is no file"),
    });
    expect((await run(["image", "show", "absent"])).code).toBe(4);
  });
});

describe("operations", () => {
  it("are listed, shown and waited for", async () => {
    const vm = await client.vms.create({ image: "tiny", name: "asked", start: false });
    const { id } = await vm.start();
    expect(rows((await run(["operation", "list", "--vm", "asked"])).stdout)).toMatchObject([
      { KIND: "vm.start", STATE: "succeeded", VM: vm.id },
      { KIND: "vm.create", STATE: "succeeded", VM: vm.id },
    ]);
    expect((await run(["operation", "show", id])).stdout).toMatch(/^kind +vm\.start\nstate +succeeded$/m);
    expect(await run(["operation", "wait", id])).toEqual({ code: 0, stdout: "vm.start succeeded\n", stderr: "" });
    expect(await json("operation", "wait", id)).toMatchObject({ id, state: "succeeded" });
    expect(await run(["operation", "cancel", id])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("(operation_state_conflict)"),
    });
  });

  it("that do not end in time are told from those that fail", async () => {
    const vm = await client.vms.create({ image: "tiny", name: "deaf", memoryMiB: 32 });
    // This guest listens to nobody who asks it to shut down.
    const { id } = await vm.shutdown({ wait: false });
    expect(await run(["operation", "wait", id, "--timeout", "1"])).toMatchObject({
      code: 5,
      stderr: `worldswitch: ${id} has not ended within 1 s\n`,
    });
    await vm.stop();
    expect(await run(["operation", "wait", id])).toMatchObject({
      code: 1,
      stdout: "vm.shutdown cancelled\n",
      stderr: expect.stringMatching(/^worldswitch: vm.shutdown was cancelled: .* \(superseded\)\n$/),
    });
  });
});

it("events are printed as they happen, or from an earlier one on", async () => {
  const vm = await client.vms.create({ image: "tiny", name: "eventful", start: false });
  const lines = (await run(["events", "--from", "0", "--type", "vm.created", "-n", "1"])).stdout;
  expect(lines).toMatch(/^\S+Z {2}vm\.created {2,}vm_\w+ {2}.*name=web\b.*\n$/);
  const { eventSeq } = await client.vms.page();
  const following = run(["events", "--from", String(eventSeq), "--type", "vm.", "-n", "1", "--json"]);
  await vm.update({ labels: { seen: "yes" } });
  expect(JSON.parse((await following).stdout)).toMatchObject({ type: "vm.updated", subject: vm.id });
});

it("tokens are made, used and revoked", async () => {
  const { stdout: secret } = await run(["token", "create", "robot", "--role", "viewer", "--ttl", "1h"]);
  const env = { WORLDSWITCH_TOKEN: secret.trim() };
  expect((await run(["vm", "list"], { env })).code).toBe(0);
  expect(rows((await run(["token", "list"])).stdout)).toContainEqual(expect.objectContaining({ NAME: "robot", ROLE: "viewer" }));
  expect((await run(["token", "revoke", "robot"])).code).toBe(0);
  expect((await run(["vm", "list"], { env })).code).toBe(4);
});

it("projects are made, worked in and deleted", async () => {
  expect(await run(["project", "create", "lab"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^lab proj_\w+\n$/) });
  await run(["vm", "create", "debian-mini", "--name", "theirs", "--no-start", "--project", "lab"]);
  expect(rows((await run(["vm", "list", "--project", "lab"])).stdout)).toMatchObject([{ NAME: "theirs", STATE: "stopped" }]);
  expect(await run(["project", "delete", "lab"])).toMatchObject({ code: 1, stderr: expect.stringContaining("(project_not_empty)") });
  await run(["vm", "delete", "theirs", "--project", "lab"]);
  expect((await run(["project", "delete", "lab"])).code).toBe(0);
  expect(rows((await run(["project", "list"])).stdout)).toMatchObject([{ NAME: "default" }]);
});
