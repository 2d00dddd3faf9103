/** The options of `npm run bench`. */
import { describe, expect, it } from "vitest";
import { suiteOptions } from "../../bench/suite/options.js";

describe("the suite's options", () => {
  it("are everything three times, in ours (with kept translations, and without) and two rivals, where none is given", () => {
    expect(suiteOptions([])).toMatchObject({
      runs: 3,
      engines: ["worldswitch", "cold", "qemu", "v86"].map((name) => ({ name, scale: 1 })),
      only: [],
      boot: true,
      installer: false,
    });
  });
  it("give an engine a scale of its own", () => {
    expect(suiteOptions(["--scale", "0.5", "--engines", "worldswitch,v86-nojit:0.02"])?.engines).toEqual([
      { name: "worldswitch", scale: 0.5 },
      { name: "v86-nojit", scale: 0.02 },
    ]);
  });
  it("add forced binary translation at our own scale", () => {
    expect(suiteOptions(["--engines", "qemu,worldswitch:0.1", "--forced-bt"])?.engines.at(-1)).toEqual({ name: "forced-bt", scale: 0.1 });
  });
  it("pick rows and groups, and the boot by its name", () => {
    expect(suiteOptions(["--only", "integer,fork"])).toMatchObject({ only: ["integer", "fork"], boot: false });
    expect(suiteOptions(["--only", "boot,fork"])).toMatchObject({ only: ["fork"], boot: true });
    expect(suiteOptions(["--only", "boot"])).toMatchObject({ only: null, boot: true });
  });
  it.each([
    [["--scale", "none"], "--scale"],
    [["--runs", "0"], "--runs"],
    [["--engines", "qemu:fast"], "scale of qemu"],
    [["--speed", "1"], "--speed"],
  ])("are refused: %j", (args, what) => {
    expect(() => suiteOptions(args)).toThrow(what);
  });
});
