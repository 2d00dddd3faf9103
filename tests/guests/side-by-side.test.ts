/** Four machines with Debian's kernel at once, on one worker; and what becomes of three when the fourth is killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Operation, Served, type Vm } from "../service/served.js";
import { cacheSetting, whyAbsent } from "./catalog-image.js";
import { COUNTING, GuestConsole, HANG_TEST_MS } from "./guest-console.js";

vi.setConfig({ testTimeout: HANG_TEST_MS, hookTimeout: HANG_TEST_MS });

const absent = await whyAbsent("debian-mini");

describe.skipIf(absent)(`four machines side by side${absent ? `, which cannot be had: ${absent}` : ""}`, () => {
  let served: Served;
  let machines: { vm: Vm; shell: GuestConsole }[];

  async function boot(name: string): Promise<{ vm: Vm; shell: GuestConsole }> {
    const { body } = await served.request("POST", "/v1/vms", { image: "debian-mini", name });
    const operation = await served.ended(body as Operation);
    expect(operation).toMatchObject({ state: "succeeded" });
    const shell = await GuestConsole.open(served, operation.resources.vm, "writer");
    await shell.prompt();
    return { vm: await served.vm(operation.resources.vm), shell };
  }

  beforeAll(async () => {
    served = new Served(await mkdtemp(join(tmpdir(), "worldswitch-guests-")), "serve", cacheSetting());
    await served.start();
    machines = await Promise.all(["first", "second", "third", "fourth"].map(boot));
  });

  afterAll(async () => {
    await served.kill("SIGTERM");
    await rm(served.folder, { recursive: true, force: true });
  });

  it("each answers for itself, in a process and with files of its own", async () => {
    const named = machines.map(({ vm, shell }) => shell.run(`echo ${vm.id} >/tmp/${vm.id}; ls /tmp`));
    expect(await Promise.all(named)).toEqual(machines.map(({ vm }) => `${vm.id}\n`));
    const computed = machines.map(({ shell }, index) => shell.run(`echo $((6*7+${index}))`));
    expect(await Promise.all(computed)).toEqual(["42\n", "43\n", "44\n", "45\n"]);
    const pids = await Promise.all(machines.map(({ vm }) => served.vmProcess(vm)));
    expect(new Set(pids).size).toBe(4);
    expect(new Set(machines.map(({ vm }) => vm.host)).size).toBe(1);
  });

  it("kill -9 of one VM process ends that machine in error, with a reason, and no other notices", async () => {
    const [hit, ...spared] = machines;
    // They are at work while it happens.
    for (const { shell } of spared) shell.type(`${COUNTING}\r`);
    await Promise.all(spared.map(({ shell }) => shell.until("tick 2\r\n")));
    process.kill(await served.vmProcess(hit.vm), "SIGKILL");
    expect(await served.inState(hit.vm.id, "error")).toMatchObject({ stateReason: "vm_process_lost", generation: 1 });
    expect(await hit.shell.stream.control("exit")).toEqual({ type: "exit", reason: "vm_process_lost" });

    for (const { vm, shell } of spared) {
      shell.discard();
      const counted = /tick (\d+)\r\ntick (\d+)\r\n/;
      const [, one, next] = counted.exec(await shell.until(counted)) ?? [];
      expect(Number(next)).toBe(Number(one) + 1);
      shell.type("\x03");
      await shell.prompt();
      expect(await shell.run("ls /tmp")).toBe(`${vm.id}\n`);
      expect(shell.stream.controls.map(({ type }) => type)).toEqual(["hello"]);
      expect(await served.vm(vm.id)).toMatchObject({ state: "running", stateReason: null, generation: 1 });
    }
    expect(await served.vmProcesses()).toHaveLength(3);
  });
});
