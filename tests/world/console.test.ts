import { describe, expect, it } from "vitest";
import { FLOOD_BYTES, READY } from "../guests/tiny-guest.js";
import { TinyMachine } from "./tiny-machine.js";

const flood = `${"x".repeat(FLOOD_BYTES)}\n`;

describe("the serial console", () => {
  it("carries a long paste in and out without losing a byte", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    // What the tiny guest only echoes, in a pattern that shows holes and swaps.
    const paste = Array.from({ length: 20_000 }, (_, i) => String(i)).join(",");
    machine.type(paste);
    await machine.until(() => machine.output.length >= READY.length + paste.length);
    expect(machine.output).toBe(READY + paste);
  });

  it("carries a megabyte out without losing a byte", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.type("f");
    await machine.until(() => machine.output.endsWith("x\n"));
    expect(machine.output).toBe(READY + flood);
  });

  it("throttles the guest while nobody takes its output, then loses nothing", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.vmx.holdOutput(true);
    machine.type("f");
    await machine.untilEvent("inputTaken");
    // The guest has come to rest when two samples are equal.
    let instructions = -1;
    for (;;) {
      const stats = await machine.vmx.stats();
      if (stats.worldSwitches.throttle.count > 0 && stats.cpu.instructions === instructions) break;
      instructions = stats.cpu.instructions;
    }
    expect(machine.output).toBe(READY);
    expect((await machine.vmx.stats()).serial[0].outputBytes).toBeLessThan(256 * 1024);
    machine.vmx.holdOutput(false);
    await machine.until(() => machine.output.endsWith("x\n"));
    expect(machine.output).toBe(READY + flood);
  });

  it("stops a throttled guest, and hands out what it had written", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.vmx.holdOutput(true);
    machine.type("f");
    await machine.untilEvent("inputTaken");
    machine.vmx.stop();
    await machine.untilEvent("stopped");
    const { serial } = await machine.vmx.stats();
    expect(machine.output.length).toBe(serial[0].outputBytes);
  });
});
