/** What the suite makes of times and checksums. */
import { describe, expect, it } from "vitest";
import { differences, geometricMean, ratios, slowdowns } from "../../bench/suite/comparison.js";
import type { Row } from "../../bench/suite/row.js";

const row = (name: string, seconds: number, units: number, checksum = "00000001"): Row => ({
  group: "integer",
  name,
  seconds,
  units,
  checksum,
});

describe("slowdowns", () => {
  it("are for a unit of work, against the longest native pass", () => {
    const native = [row("sieve", 0.5, 10), row("sieve", 2, 100)];
    expect(slowdowns({ engine: "ours", rows: [row("sieve", 0.8, 10)], native })).toEqual(new Map([["sieve", 4]]));
  });
  it("are left out where there is no native time", () => {
    expect(slowdowns({ engine: "ours", rows: [row("sieve", 1, 1), row("fib", 3, 1)], native: [row("fib", 1, 1)] })).toEqual(
      new Map([["fib", 3]]),
    );
  });
});

describe("ratios", () => {
  it("are of the rows that both engines ran", () => {
    const ours = new Map(Object.entries({ sieve: 3, fib: 2 }));
    expect(ratios(ours, new Map(Object.entries({ sieve: 6, crc32: 1 })))).toEqual(new Map([["sieve", 0.5]]));
  });
});

describe("the geometric mean", () => {
  it("weighs twice as fast as much as twice as slow", () => {
    expect(geometricMean([0.5, 2])).toBeCloseTo(1, 12);
    expect(geometricMean([2, 4, 8])).toBeCloseTo(4, 12);
  });
  it("of nothing is none", () => {
    expect(geometricMean([])).toBeUndefined();
  });
});

describe("checksums", () => {
  const ours = (...rows: Row[]) => ({ engine: "ours", rows, native: [row("sieve", 1, 10, "aaaaaaaa"), row("sieve", 1, 100, "bbbbbbbb")] });

  it("are compared between runs of as many units only", () => {
    expect(differences([ours(row("sieve", 5, 10, "aaaaaaaa")), ours(row("sieve", 5, 100, "bbbbbbbb"))])).toEqual([]);
  });
  it("that differ from the native one are told, with who came to which", () => {
    const rival = { engine: "rival", rows: [row("sieve", 9, 10, "aaaaaaaa")], native: [] };
    expect(differences([ours(row("sieve", 5, 10, "cccccccc")), rival])).toEqual([
      {
        name: "sieve",
        units: 10,
        checksums: new Map([
          ["aaaaaaaa", new Set(["native", "rival"])],
          ["cccccccc", new Set(["ours"])],
        ]),
      },
    ]);
  });
  it("that differ between an engine's own turns are told", () => {
    const turns = ["aaaaaaaa", "cccccccc"].map((sum) => ({ engine: "ours", rows: [row("fib", 1, 7, sum)], native: [] }));
    expect(differences(turns).map(({ name, units }) => [name, units])).toEqual([["fib", 7]]);
  });
});
