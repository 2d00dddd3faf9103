import { describe, expect, it } from "vitest";
import { READY } from "../guests/tiny-guest.js";
import { TinyMachine } from "./tiny-machine.js";

describe("statistics", () => {
  it("count instructions, world switches by reason and serial bytes", async () => {
    await using machine = new TinyMachine();
    await machine.untilOutput(READY);
    machine.type("ab");
    await machine.untilOutput("ab");
    const stats = await machine.vmx.stats();
    expect(stats.cpu.instructions).toBeGreaterThan(READY.length * 3);
    const { directExecution, binaryTranslation } = stats.modes;
    expect(directExecution.instructions + binaryTranslation.instructions).toBe(stats.cpu.instructions);
    expect(stats.serial[0]).toEqual({ port: 0, outputBytes: READY.length + 2, inputBytes: 2 });
    expect(stats.worldSwitches).toMatchObject({ load: { count: 1 }, started: { count: 1 } });
    expect(stats.worldSwitches.output.count).toBeGreaterThan(0);
    expect(stats.worldSwitches.halt.count).toBeGreaterThan(0);
    expect(stats.interrupts.delivered).toBeGreaterThan(0);
    expect(stats.memory.guestMiB).toBe(32);
  });

  it("are there after the end", async () => {
    await using machine = new TinyMachine();
    machine.type("!");
    await machine.untilEvent("stopped");
    expect((await machine.vmx.stats()).worldSwitches.stopped).toMatchObject({ count: 0 });
    expect((await machine.vmx.stats()).cpu.instructions).toBeGreaterThan(0);
  });

  it("repeat exactly under the deterministic clock", async () => {
    const instructions = async () => {
      await using machine = new TinyMachine({ clock: "deterministic" });
      machine.type("hello!");
      await machine.untilEvent("stopped");
      const { cpu, guestTimeMs } = await machine.vmx.stats();
      return [cpu.instructions, guestTimeMs];
    };
    expect(await instructions()).toEqual(await instructions());
  });
});
