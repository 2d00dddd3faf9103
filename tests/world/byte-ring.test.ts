import { describe, expect, it } from "vitest";
import { ByteRing } from "../../src/world/byte-ring.js";

/** A ring of 8 bytes whose counts start at `from`. */
function ring(from = 0): ByteRing {
  const words = new Int32Array(new SharedArrayBuffer(8)).fill(from);
  return new ByteRing(words, 0, 1, new Uint8Array(new SharedArrayBuffer(8)));
}
const bytes = (...values: number[]) => Uint8Array.from(values);

describe("byte ring", () => {
  it("gives back what was written, in order", () => {
    const r = ring();
    r.write(bytes(1, 2, 3));
    expect([...r.take(2)]).toEqual([1, 2]);
    expect([...r.take(9)]).toEqual([3]);
  });

  it("takes no more than it has room for, and says how much", () => {
    const r = ring();
    expect(r.write(bytes(1, 2, 3, 4, 5, 6))).toBe(6);
    expect(r.write(bytes(7, 8, 9))).toBe(2);
    expect(r.push(10)).toBe(false);
    expect([...r.take(99)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("goes round its end", () => {
    const r = ring();
    r.write(bytes(1, 2, 3, 4, 5, 6));
    r.take(5);
    r.write(bytes(7, 8, 9, 10, 11));
    expect([...r.take(99)]).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it("goes on where its 32-bit counts wrap", () => {
    const r = ring(-3);
    r.write(bytes(1, 2, 3, 4, 5));
    expect(r.length).toBe(5);
    expect([...r.take(99)]).toEqual([1, 2, 3, 4, 5]);
    expect(r.free).toBe(8);
  });

  it("lets its reader look before taking", () => {
    const r = ring();
    r.write(bytes(1, 2, 3));
    const two = new Uint8Array(2);
    expect([r.peek(two), ...two]).toEqual([2, 1, 2]);
    r.advance(1);
    expect([r.shift(), r.shift(), r.shift()]).toEqual([2, 3, -1]);
  });

  it("starts from a passage written at an offset", () => {
    const r = ring();
    expect(r.write(bytes(1, 2, 3, 4), 2)).toBe(2);
    expect([...r.take(9)]).toEqual([3, 4]);
  });
});
