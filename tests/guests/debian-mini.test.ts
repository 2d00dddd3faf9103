/** An unmodified Debian kernel, from the HTTP request to the shell on a WebSocket: the real database, queue, worker and VM process, and two boots. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { prepareImage } from "../../src/images/prepare.js";
import { type Operation, Served, type Vm } from "../service/served.js";
import { StreamClient } from "../service/stream-client.js";
import { archivedFile } from "./archived-file.js";
import { cacheSetting, whyAbsent } from "./catalog-image.js";
import { COUNTING, GuestConsole, HANG_TEST_MS } from "./guest-console.js";

vi.setConfig({ testTimeout: HANG_TEST_MS, hookTimeout: HANG_TEST_MS });

const absent = await whyAbsent("debian-mini");

/** One machine, in the order of its life. */
describe.skipIf(absent)(`debian-mini${absent ? `, which cannot be had: ${absent}` : ""}`, () => {
  let served: Served;
  let events: StreamClient;
  let vm: Vm;
  let shell: GuestConsole;

  async function kernelWords(): Promise<string> {
    const { body } = await served.request("GET", "/v1/images/debian-mini");
    return (body as { cmdline: string }).cmdline.replace(" quiet", "");
  }

  beforeAll(async () => {
    served = new Served(await mkdtemp(join(tmpdir(), "worldswitch-guest-")), "serve", cacheSetting());
    await served.start();
    const { body } = await served.request("POST", "/v1/tickets", { stream: "events" });
    events = await StreamClient.open((body as { url: string }).url, { subprotocol: "events.v1" });
    const created = await served.request("POST", "/v1/vms", { image: "debian-mini", cmdline: await kernelWords() });
    expect(created).toMatchObject({ status: 202, body: { kind: "vm.create" } });
    const operation = created.body as Operation;
    // Opened with the 202, before there is a machine.
    shell = await GuestConsole.open(served, operation.resources.vm, "writer");
    expect(await served.ended(operation)).toMatchObject({ state: "succeeded", error: null });
    vm = await served.vm(operation.resources.vm);
    await shell.prompt();
  });

  afterAll(async () => {
    await served.kill("SIGTERM");
    await rm(served.folder, { recursive: true, force: true });
  });

  it("is created by an operation that can be watched, and runs", async () => {
    expect(vm).toMatchObject({ state: "running", generation: 1, stateReason: null });
    const of = (type: string) =>
      events.controls.filter((event) => event.type === type).map(({ data }) => (data as { state: string }).state);
    await events.until(() => of("operation.state").includes("succeeded"));
    expect(of("operation.state").slice(-2)).toEqual(["running", "succeeded"]);
    expect(of("vm.state").slice(-2)).toEqual(["starting", "running"]);
  });

  it("shows the kernel's messages, the init's line and a prompt", () => {
    expect(shell.text).toMatch(/Linux version 6\.1\.\S+-686 .*Debian/);
    expect(shell.text).toMatch(/Memory: \d+K\/13\d{4}K available/);
    expect(shell.text).toMatch(/\ndebian-mini ready: Linux 6\.1\.\S+-686, up \S+ s\r\n/);
    expect(shell.text).not.toMatch(/BUG:|Oops|Call Trace|\bWARNING:/);
  });

  it("answers commands", async () => {
    expect(await shell.run("uname -a")).toMatch(/^Linux debian-mini 6\.1\.\S+-686 #1 SMP .*Debian.* i686 GNU\/Linux\n$/);
    expect(await shell.run("echo $((6*7))")).toBe("42\n");
  });

  it("has one processor with what programs ask for", async () => {
    const told = await shell.run("cat /proc/cpuinfo");
    expect(told.match(/^processor\t: \d+$/gm)).toEqual(["processor\t: 0"]);
    expect(told.match(/^flags\t\t: (.*)$/m)?.[1].split(" ")).toEqual(expect.arrayContaining(["fpu", "tsc", "cmov", "mmx", "sse", "sse2"]));
  });

  it("reads its files as they are", async () => {
    const { initrd } = await prepareImage("debian-mini");
    const busybox = await archivedFile(initrd, "bin/busybox");
    const sum = createHash("sha256").update(busybox).digest("hex");
    expect(await shell.run("sha256sum /bin/busybox")).toBe(`${sum}  /bin/busybox\n`);
  });

  it("loses nothing of a paste of 64 KiB", async () => {
    // Lines that the terminal's line discipline takes: shorter than its buffer of 4096.
    const paste = Buffer.from(Array.from({ length: 1024 }, () => `${randomBytes(32).toString("hex").slice(1)}\n`).join(""));
    expect(paste.length).toBe(65536);
    shell.type("echo be''gin; tee /tmp/paste | wc -c\r");
    await shell.until("begin\r\n");
    shell.stream.socket.send(paste);
    // End of file.
    shell.type("\x04");
    expect((await shell.prompt()).replaceAll("\r", "").slice(-50)).toMatch(/\n65536\ndebian-mini:/);
    const sum = createHash("sha256").update(paste).digest("hex");
    expect(await shell.run("sha256sum </tmp/paste; rm /tmp/paste")).toBe(`${sum}  -\n`);
  });

  it("shows a second viewer all that the first has seen", async () => {
    const second = await GuestConsole.open(served, vm.id, "viewer");
    expect(await second.stream.control("hello")).toMatchObject({ seq: 0, role: "viewer", viewers: 2 });
    await second.stream.until(() => second.stream.length >= shell.stream.length);
    expect(second.stream.text).toBe(shell.stream.text);
    second.type("echo not me\r");
    await shell.run("echo both");
    await second.until("both\r\n");
    expect(shell.text).not.toContain("not me");
    second.stream.close();
    await shell.stream.control("role", { viewers: 1 });
  });

  it("stands still while paused, and goes on where it was", async () => {
    shell.type(`${COUNTING}\r`);
    await shell.until("tick 3\r\n");
    expect(await served.act(vm, "pause")).toMatchObject({ state: "succeeded" });
    expect((await served.request("GET", `/v1/vms/${vm.id}/wait?state=paused&timeout=60`)).body).toMatchObject({ state: "paused" });
    const still = async () => {
      const { stats } = (await served.request("GET", `/v1/vms/${vm.id}/stats`)).body as { stats: Stats };
      const viewer = await GuestConsole.open(served, vm.id, "viewer", "from=end");
      const { seq } = await viewer.stream.control("hello");
      viewer.stream.close();
      return { seq, instructions: stats.cpu.instructions, guestTimeMs: stats.guestTimeMs };
    };
    const before = await still();
    expect(before.instructions).toBeGreaterThan(0);
    expect(await still()).toEqual(before);
    expect(await still()).toEqual(before);
    // All that was printed until then, but nothing of what comes after.
    await shell.stream.until(() => shell.stream.length >= Number(before.seq));
    expect(shell.stream.length).toBe(before.seq);
    const last = Number(/tick (\d+)\r\n$/.exec(shell.text)?.[1]);
    expect(await served.act(vm, "resume")).toMatchObject({ state: "succeeded" });
    const resumed = await shell.until(`tick ${last + 2}\r\n`);
    expect(resumed).toMatch(new RegExp(`tick ${last + 1}\r\ntick ${last + 2}\r\n$`));
    shell.type("\x03");
    await shell.prompt();
  });

  it("ends as stopped when it powers itself off, and nothing of it runs on", async () => {
    shell.type("poweroff\r");
    expect(await shell.stream.control("exit")).toEqual({ type: "exit", reason: "halted" });
    expect(await served.inState(vm.id, "stopped")).toMatchObject({ stateReason: "halted", generation: 1 });
    expect(shell.text).toContain("reboot: System halted");
    expect(await served.vmProcesses()).toEqual([]);
  });

  describe("started again", () => {
    beforeAll(async () => {
      shell.discard();
      expect(await served.act(vm, "start")).toMatchObject({ state: "succeeded" });
      await shell.prompt();
    });

    it("is a new machine on the same console", async () => {
      expect(await served.vm(vm.id)).toMatchObject({ state: "running", generation: 2, stateReason: null });
      expect(await shell.run("ls /tmp; echo $((6*7))")).toBe("42\n");
      expect(shell.text.match(/debian-mini ready:/g)).toHaveLength(2);
    });

    it("shuts down when it is asked to", async () => {
      expect(await served.act(vm, "shutdown")).toMatchObject({ state: "succeeded" });
      expect(await served.inState(vm.id, "stopped")).toMatchObject({ stateReason: "halted", generation: 2 });
      expect(await shell.until("reboot: System halted")).toContain("The system is going down NOW!");
    });

    it("is deleted, and its console ends", async () => {
      const deleting = await served.request("DELETE", `/v1/vms/${vm.id}`);
      expect(deleting.status).toBe(202);
      expect(await served.ended(deleting.body as Operation)).toMatchObject({ kind: "vm.delete", state: "succeeded" });
      expect((await shell.stream.end()).code).toBe(1000);
      expect((await served.request("GET", `/v1/vms/${vm.id}`)).status).toBe(404);
    });
  });
});

interface Stats {
  cpu: { instructions: number };
  guestTimeMs: number;
}
