import { describe, expect, it } from "vitest";
import { RAM_BASE, RECORDS } from "../../src/vmm/cpu/layout.js";
import { RECORD_SIZE } from "../../src/vmm/interpreter/record.js";
import { type Head, HotHeads } from "../../src/vmm/translator/hot-heads.js";

const THRESHOLD = 12;

/** Heads in pages of their own. */
function head(n: number): Head {
  return {
    record: RECORDS + n * RECORD_SIZE,
    address: RAM_BASE + n * 0x1000,
    linear: 0xc000_0000 + n * 0x1000,
    mode: { code32: true, flat: true, user: false, direct: false },
    x87: { top: 0, tags: 0xff },
    mxcsr: 0x1f80,
  };
}

/** Proposed when that is asked for. */
function seenAt(heads: HotHeads, where: Head, times: number): void {
  for (let i = 0; i < times; i++) if (heads.seen(where.record)) heads.propose(where);
}
function seen(heads: HotHeads, n: number, times: number): void {
  seenAt(heads, head(n), times);
}

describe("hot heads", () => {
  it("are those that execution was seen at often, the hottest first", () => {
    const heads = new HotHeads(THRESHOLD);
    seen(heads, 1, THRESHOLD);
    seen(heads, 2, THRESHOLD + 1);
    seen(heads, 3, THRESHOLD - 1);
    expect(heads.take(8).map(({ record }) => record)).toEqual([head(2).record, head(1).record]);
    expect(heads.take(8)).toEqual([]);
  });

  it("are asked for once, when they have been seen often enough", () => {
    const heads = new HotHeads(THRESHOLD);
    const asked = Array.from({ length: THRESHOLD + 3 }, () => {
      const asks = heads.seen(head(1).record);
      if (asks) heads.propose(head(1));
      return asks;
    });
    expect(asked).toEqual(asked.map((_, i) => i === THRESHOLD - 1));
  });

  it("are not those of a guest that rests between one look and the next", () => {
    const heads = new HotHeads(THRESHOLD);
    for (let tick = 0; tick < 10_000; tick++) {
      seen(heads, tick % 50, 1);
      heads.rest();
    }
    expect(heads.take(8)).toEqual([]);
  });

  it("may also be those of a guest that rests, if it works hard in between", () => {
    const heads = new HotHeads(THRESHOLD);
    for (let tick = 0; tick < 100; tick++) {
      seen(heads, 1, 3);
      heads.rest();
    }
    expect(heads.take(8)).toHaveLength(1);
  });

  it("of a page go together, those that are asked for", () => {
    const heads = new HotHeads(THRESHOLD);
    const inPage = (n: number): Head => ({ ...head(n), address: RAM_BASE + 0x10 * n });
    for (let n = 1; n <= 3; n++) seenAt(heads, inPage(n), THRESHOLD + 4 - n);
    expect(heads.take(8).map(({ address }) => address)).toEqual([RAM_BASE + 0x10]);
    expect(heads.takeFrom(RAM_BASE, (offset) => offset === 0x20).map(({ address }) => address)).toEqual([RAM_BASE + 0x20]);
    expect(heads.takeFrom(RAM_BASE, () => true).map(({ address }) => address)).toEqual([RAM_BASE + 0x30]);
    expect(heads.take(8)).toEqual([]);
  });
});
