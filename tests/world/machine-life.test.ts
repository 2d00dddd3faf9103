import { describe, expect, it } from "vitest";
import { READY } from "../guests/tiny-guest.js";
import { syntheticKernel } from "../images/synthetic-kernel.js";
import { TinyMachine } from "./tiny-machine.js";

/** xor eax, eax; push eax; push eax; lidt [esp]; int3 */
const tripleFaults = syntheticKernel({ code: Uint8Array.of(0x31, 0xc0, 0x50, 0x50, 0x0f, 0x01, 0x1c, 0x24, 0xcc) });

describe("a machine", () => {
  it("reports its first instruction, then what the guest writes", async () => {
    await using machine = new TinyMachine();
    await machine.untilEvent("started");
    expect(machine.output).toBe("");
    await machine.untilOutput(READY);
  });

  it("wakes a halted guest for input", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.type("hello");
    await machine.untilOutput("hello");
    expect(machine.events).toContainEqual({ type: "inputTaken", port: 0, bytes: 5 });
  });

  it("has powered off when the guest halts with interrupts off", async () => {
    await using machine = new TinyMachine();
    machine.type("!");
    expect(await machine.untilEvent("stopped")).toEqual({ type: "stopped", reason: "halted" });
  });

  it.each([
    ["r", "keyboard_controller"],
    ["t", "triple_fault"],
  ])("boots again after %s: %s", async (key, cause) => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.type(key);
    expect(await machine.untilEvent("reset")).toEqual({ type: "reset", cause });
    await machine.untilOutput(READY + READY);
  });

  it("boots again on request, also from a loop with interrupts off", async () => {
    await using machine = new TinyMachine();
    machine.type("s");
    await machine.untilEvent("inputTaken");
    machine.vmx.reset();
    await machine.untilOutput(READY + READY);
    expect(await machine.untilEvent("reset")).toEqual({ type: "reset", cause: "request" });
  });

  it("ends with a typed fault when the guest does nothing but reset itself", async () => {
    await using machine = new TinyMachine({}, tripleFaults);
    expect(await machine.untilEvent("stopped")).toMatchObject({ reason: "fault", fault: { code: "reset_loop" } });
    expect(machine.events.filter((event) => event.type === "reset")).toHaveLength(10);
  });

  it("runs nothing while paused, and goes on where it was", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.vmx.pause();
    await machine.untilEvent("paused");
    const before = await machine.vmx.stats();
    machine.type("x");
    const after = await machine.vmx.stats();
    expect(after.cpu.instructions).toBe(before.cpu.instructions);
    expect(after.guestTimeMs).toBe(before.guestTimeMs);
    machine.vmx.resume();
    await machine.untilOutput("x");
    await machine.untilEvent("resumed");
  });

  it("answers pause and resume that come together, each", async () => {
    await using machine = new TinyMachine();
    machine.vmx.pause();
    machine.vmx.resume();
    await machine.untilEvent("resumed");
    const order = machine.events.map((event) => event.type).filter((type) => type === "paused" || type === "resumed");
    expect(order).toEqual(["paused", "resumed"]);
  });

  it("stops when the plug is pulled, also out of a loop with interrupts off", async () => {
    await using machine = new TinyMachine();
    machine.type("s");
    await machine.untilEvent("inputTaken");
    machine.vmx.stop();
    expect(await machine.untilEvent("stopped")).toEqual({ type: "stopped", reason: "stopped" });
  });

  it("refuses what is no kernel", async () => {
    await using machine = new TinyMachine({}, new Uint8Array(5000));
    expect(await machine.untilEvent("stopped")).toMatchObject({ reason: "fault", fault: { code: "image_rejected" } });
  });

  it("refuses a kernel that isn't there", async () => {
    await using machine = new TinyMachine({ boot: { kind: "linux", kernel: "/nowhere", cmdline: "" } });
    expect(await machine.untilEvent("stopped")).toMatchObject({ reason: "fault", fault: { code: "image_rejected" } });
  });
});
