/** Text tables of measurements. */
import { describe, expect, it } from "vitest";
import { median, spread, table } from "../../bench/table.js";

describe("a table", () => {
  it("has its first column to the left and figures to the right", () => {
    expect(
      table([
        ["row", "x"],
        ["a", "10.5"],
      ]),
    ).toBe("row     x\na    10.5\n");
  });
});

describe("the median", () => {
  it("is the middle one, or between the middle two", () => {
    expect(median([10, 2, 9])).toBe(9);
    expect(median([10, 1, 2, 3])).toBe(2.5);
  });
});

describe("a spread", () => {
  it("is the median with the least and the greatest", () => {
    expect(spread([3, 1, 2.5], 1)).toBe("2.5 (1.0-3.0)");
  });
  it("of one value is itself, and of none a dash", () => {
    expect(spread([1.234], 2)).toBe("1.23");
    expect(spread([], 2)).toBe("-");
  });
});
