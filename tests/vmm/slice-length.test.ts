import { describe, expect, it } from "vitest";
import { LONGEST_SLICE, SliceLength } from "../../src/vmm/slice-length.js";

const FAR = Number.POSITIVE_INFINITY;

/** After slices at this speed. */
function settled(nsForEachInstruction: number): SliceLength {
  const length = new SliceLength();
  for (let i = 0; i < 30; i++) {
    const instructions = length.instructions(FAR);
    length.ran(instructions, instructions * nsForEachInstruction);
  }
  return length;
}

describe("the length of a slice", () => {
  it("is half a millisecond, at whatever speed the guest runs", () => {
    for (const ns of [1, 3, 10, 100]) expect(settled(ns).instructions(FAR) * ns).toBeCloseTo(500_000, -3);
  });

  it("has a bound in instructions", () => {
    expect(settled(0.001).instructions(FAR)).toBe(LONGEST_SLICE);
  });

  it("ends at a deadline that is nearer", () => {
    expect(settled(1).instructions(200_000)).toBe(200_000);
    expect(settled(1).instructions(-5)).toBe(50_000);
  });

  it("at most doubles from one slice to the next, and falls at once", () => {
    const length = settled(10);
    length.ran(50_000, 50_000);
    expect(length.instructions(FAR)).toBe(100_000);
    length.ran(50_000, 5_000_000);
    expect(length.instructions(FAR)).toBe(5_000);
  });

  it("is what it was where the clock stood still", () => {
    const length = settled(10);
    length.ran(50_000, 0);
    expect(length.instructions(FAR)).toBe(50_000);
  });
});
