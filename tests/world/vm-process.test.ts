import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FromVm, ToVm } from "../../src/vmx/protocol.js";
import { programFile } from "../../src/world/built-monitor.js";
import { READY, tinyGuest } from "../guests/tiny-guest.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldswitch-test-"));
  writeFileSync(join(folder, "kernel"), tinyGuest());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A VM process with the tiny guest, as a worker has it. */
class VmProcess {
  readonly child: ChildProcess = fork(programFile("vmx/process"), { serialization: "advanced", execArgv: [] });
  readonly messages: FromVm[] = [];
  readonly exited: Promise<number | null>;
  output = "";

  constructor() {
    this.exited = once(this.child, "exit").then(([code]) => code);
    this.child.on("message", (message) => {
      const heard = message as FromVm;
      if (heard.type === "output") this.output += Buffer.from(heard.data).toString("latin1");
      else this.messages.push(heard);
    });
    const boot = { kind: "linux", kernel: join(folder, "kernel"), cmdline: "" } as const;
    this.send({ type: "start", spec: { memoryMiB: 32, boot, engine: "auto", clock: "host" } });
  }
  send(message: ToVm): void {
    this.child.send(message);
  }
  async until(true_: () => boolean): Promise<void> {
    while (!true_()) await once(this.child, "message");
  }
}

describe("a VM process", () => {
  it("runs one machine by the worker's messages, says how it ended, and exits", async () => {
    const vm = new VmProcess();
    await vm.until(() => vm.output === READY);
    vm.send({ type: "input", port: 0, data: Buffer.from("ab") });
    await vm.until(() => vm.output === `${READY}ab`);
    vm.send({ type: "stats", id: 7 });
    await vm.until(() => vm.messages.some((message) => message.type === "stats"));
    vm.send({ type: "input", port: 0, data: Buffer.from("!") });
    expect(await vm.exited).toBe(0);
    const taken = vm.messages.reduce((sum, message) => sum + (message.type === "inputTaken" ? message.bytes : 0), 0);
    expect(taken).toBe(3);
    expect(vm.messages[0]).toEqual({ type: "started" });
    expect(vm.messages.find((message) => message.type === "stats")).toMatchObject({ id: 7, stats: { memory: { guestMiB: 32 } } });
    expect(vm.messages.at(-1)).toMatchObject({ type: "stopped", reason: "halted", stats: { memory: { guestMiB: 32 } } });
  });

  it("ends when its worker has gone", async () => {
    const vm = new VmProcess();
    await vm.until(() => vm.output === READY);
    vm.child.disconnect();
    expect(await vm.exited).toBe(0);
  });
});
