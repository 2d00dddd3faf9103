/** Lines of a guest's console that the suite reads. */
import { describe, expect, it } from "vitest";
import { readRowLine } from "../../bench/suite/row.js";

describe("a line of the guest program", () => {
  it("is a row with its time, units and checksum", () => {
    expect(readRowLine("row x87 nbody-x87 12.345678 20000 921f11fe")).toEqual({
      kind: "row",
      row: { group: "x87", name: "nbody-x87", seconds: 12.345678, units: 20000, checksum: "921f11fe" },
    });
  });
  it("is a row that ended badly, with its wait status", () => {
    expect(readRowLine("failed kernel fork 134")).toEqual({ kind: "failed", group: "kernel", name: "fork", status: "134" });
  });
  it.each([
    "bench ready",
    "[    2.115] row kernel fork 0.1 30 7ad8f1f6",
    "row kernel fork 0.1 30 7ad8f1",
    "row kernel fork 0.1 30 7ad8f1f6 and more",
    "row kernel fork nan 30 7ad8f1f6",
    "",
  ])("is none of them: %j", (line) => {
    expect(readRowLine(line)).toBeNull();
  });
});
