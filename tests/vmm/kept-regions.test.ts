import { beforeEach, describe, expect, it } from "vitest";
import { RAM_BASE } from "../../src/vmm/cpu/layout.js";
import { PE, RC_SHIFT, USUAL } from "../../src/vmm/sse/mxcsr.js";
import type { Head } from "../../src/vmm/translator/hot-heads.js";
import { type KeptRegion, KeptRegions, keptRegion } from "../../src/vmm/translator/kept-regions.js";
import { CODE, regionAt } from "./kept-region.js";

/** Host addresses of pages, in a memory of no more than that. */
const [HERE, THERE, NEXT, END] = [0x1000, 0x2000, 0x3000, 0x4000];
const OFFSET = 0x123;

describe("regions that can be had again", () => {
  let u8: Uint8Array;
  let kept: KeptRegions;
  beforeEach(() => {
    u8 = new Uint8Array(END);
    kept = new KeptRegions({ u8 });
    u8.set(CODE, HERE + OFFSET);
  });

  const headAt = (address: number, other: Partial<Head> = {}): Head => ({
    record: 0,
    address,
    linear: 0xc000_0000 + address,
    mode: { code32: true, flat: true, user: false, direct: false },
    x87: { top: 0, tags: 0 },
    mxcsr: USUAL,
    ...other,
  });
  const keep = (number: number, region: KeptRegion) => kept.add({ number, chunk: number, position: 0, chunkSize: 1, region });
  const findAt = (address: number, other: Partial<Head> = {}) => kept.find(headAt(address, other))?.number;

  it("are found wherever their code stands at the same offset of a page, and nowhere else", () => {
    keep(1, regionAt(OFFSET));
    expect([HERE, THERE].map((page) => findAt(page + OFFSET))).toEqual([1, undefined]);
    u8.set(CODE, THERE + OFFSET);
    expect(findAt(THERE + OFFSET)).toBe(1);
    u8.set(CODE, THERE + OFFSET + 8);
    expect(findAt(THERE + OFFSET + 8)).toBeUndefined();
  });

  it("are not found where any byte of their code is another", () => {
    keep(1, regionAt(OFFSET));
    for (const [i, byte] of CODE.entries()) {
      u8[HERE + OFFSET + i] ^= 0x80;
      expect(findAt(HERE + OFFSET)).toBeUndefined();
      u8[HERE + OFFSET + i] = byte;
    }
    expect(findAt(HERE + OFFSET)).toBe(1);
  });

  it("are found only where the pages that they go on in are those that they were", () => {
    const code = [...regionAt(OFFSET).code, { distance: 1, host: NEXT, offset: 0, length: 2 }];
    keep(1, { ...regionAt(OFFSET), code, bytes: Uint8Array.of(...CODE, 0xeb, 0xfe) });
    u8.set([0xeb, 0xfe], THERE);
    expect(findAt(HERE + OFFSET)).toBeUndefined();
    u8.set([0xeb, 0xfe], NEXT);
    expect(findAt(HERE + OFFSET)).toBe(1);
  });

  it("are not found where that was in a larger memory", () => {
    keep(1, {
      ...regionAt(OFFSET),
      code: [...regionAt(OFFSET).code, { distance: 1, host: END, offset: 0, length: 1 }],
      bytes: Uint8Array.of(...CODE, 0),
    });
    expect(findAt(HERE + OFFSET)).toBeUndefined();
  });

  it("are found in the mode that they were made for", () => {
    const modes = [false, true].flatMap((user) => [false, true].map((direct) => ({ code32: true, flat: true, user, direct })));
    for (const [number, { user, direct }] of modes.entries()) keep(number, { ...regionAt(OFFSET), user, direct });
    expect(modes.map((mode) => findAt(HERE + OFFSET, { mode }))).toEqual([0, 1, 2, 3]);
    kept.remove(2);
    expect(modes.map((mode) => kept.mayBegin(HERE + OFFSET, mode))).toEqual([true, true, false, true]);
  });

  it("may begin only where their first bytes stand, as far as these are known", () => {
    const { mode } = headAt(HERE);
    const mayBegin = () => kept.mayBegin(HERE + OFFSET, mode);
    expect(mayBegin()).toBe(false);
    keep(1, {
      ...regionAt(OFFSET),
      code: [{ distance: 0, host: 0, offset: OFFSET - 2, length: 5 }],
      bytes: Uint8Array.of(1, 2, 0x90, 0x91, 0xf2),
    });
    for (const [bytes, expected] of [
      [[0x90, 0x91, 0xf2, 0x93], true],
      [[0x90, 0x91, 0xf2, 0xff], true],
      [[0x90, 0x91, 0xf3, 0x93], false],
      [[0x91, 0x91, 0xf2, 0x93], false],
    ] as const) {
      u8.set(bytes, HERE + OFFSET);
      expect(mayBegin()).toBe(expected);
    }
    u8.set(CODE, HERE + OFFSET);
    keep(2, regionAt(OFFSET));
    expect(mayBegin()).toBe(true);
    u8[HERE + OFFSET + Math.min(4, CODE.length) - 1] ^= 0x80;
    expect(mayBegin()).toBe(false);
  });

  it("are found at each of their entries", () => {
    const entries = [0, 1].map((i) => ({ offset: OFFSET + i, x87: { top: 0, tags: 0 } }));
    keep(1, { ...regionAt(OFFSET), entries });
    expect([0, 1, 2].map((i) => findAt(HERE + OFFSET + i))).toEqual([1, 1, undefined]);
    kept.remove(1);
    expect([0, 1].map((i) => findAt(HERE + OFFSET + i))).toEqual([undefined, undefined]);
  });

  it("are found with the x87 stack that they ask for, at each entry", () => {
    const { region, ...rest } = regionAt(OFFSET);
    const entries = [0, 1].map((i) => ({ offset: OFFSET + i, x87: { top: 7 - i, tags: 3 } }));
    keep(1, { ...rest, entries, region: { ...region, asksShape: true } });
    for (const [i, { offset, x87 }] of entries.entries()) {
      expect(findAt(HERE + offset, { x87 })).toBe(1);
      expect(findAt(HERE + offset, { x87: { ...x87, tags: 1 } })).toBeUndefined();
      expect(findAt(HERE + offset, { x87: entries[1 - i].x87 })).toBeUndefined();
    }
  });

  it("are found with the MXCSR that they ask for", () => {
    const { region, ...rest } = regionAt(OFFSET);
    keep(1, { ...rest, inexact: true, region: { ...region, asksMode: true } });
    const [down, exceptions] = [1 << RC_SHIFT, PE];
    expect([USUAL | exceptions, USUAL, USUAL | exceptions | down].map((mxcsr) => findAt(HERE + OFFSET, { mxcsr }))).toEqual([
      1,
      undefined,
      undefined,
    ]);
  });

  it("are found the newest first; and an older one, where the newest is gone or isn't in place", () => {
    keep(1, regionAt(OFFSET));
    keep(2, regionAt(OFFSET));
    keep(3, { ...regionAt(OFFSET), bytes: Uint8Array.of(0x90, 0x90, 0xcc) });
    expect(findAt(HERE + OFFSET)).toBe(2);
    kept.remove(2);
    expect(findAt(HERE + OFFSET)).toBe(1);
  });

  it("go with their module, if they have not moved to another one", () => {
    keep(1, regionAt(OFFSET));
    kept.move(1, { chunk: 9, position: 4, chunkSize: 48 });
    kept.removeChunk(1);
    expect(kept.find(headAt(HERE + OFFSET))).toMatchObject({ number: 1, chunk: 9, position: 4, chunkSize: 48 });
    kept.removeChunk(9);
    expect([...kept]).toEqual([]);
  });
});

describe("what is kept of a region", () => {
  /** Pages by their numbers in the guest's memory. */
  const [HEAD_PAGE, NEXT_PAGE] = [0, 2];
  const u8 = new Uint8Array(RAM_BASE + 3 * 0x1000);
  const bytes = Uint8Array.from({ length: 9 }, (_, i) => 0x40 + i);
  u8.set(bytes.subarray(0, 3), RAM_BASE + 0xffd);
  u8.set(bytes.subarray(3, 7), RAM_BASE + NEXT_PAGE * 0x1000);
  u8.set(bytes.subarray(7), RAM_BASE + NEXT_PAGE * 0x1000 + 0x10);

  it("is its code, by pages, of which the head's may be another one later; so it is found again", () => {
    const { region } = regionAt(0xffd);
    const head: Head = {
      record: 0,
      address: RAM_BASE + 0xffd,
      linear: 0xc000_0ffd,
      mode: { code32: true, flat: true, user: true, direct: false },
      x87: { top: 3, tags: 5 },
      mxcsr: USUAL | PE,
    };
    const page = {} as never;
    const pages = new Map([
      [0, { number: HEAD_PAGE, page }],
      [1, { number: NEXT_PAGE, page }],
    ]);
    const code = [
      { start: 0xffd, end: 0x1004 },
      { start: 0x1010, end: 0x1012 },
    ];
    const made = { ...region, code, pages: [0, 1] };
    const entry = {
      id: 1,
      heads: [head],
      handlers: [],
      pages,
      replaces: [],
      slow: new Set([5]),
      absorbed: new Set([6]),
      takesIn: true,
      round: 2,
    };
    const what = keptRegion({ ...entry, region: made }, { u8 });
    expect(what).toMatchObject({
      user: true,
      direct: false,
      inexact: true,
      slow: [5],
      absorbed: [6],
      takesIn: true,
      round: 2,
      region: made,
    });
    expect(what.entries).toEqual([{ offset: 0xffd, x87: head.x87 }]);
    expect(what.bytes).toEqual(bytes);
    expect(what.code.map(({ distance, offset, length }) => [distance, offset, length])).toEqual([
      [0, 0xffd, 3],
      [1, 0, 4],
      [1, 0x10, 2],
    ]);
    expect(what.code[1].host).toBe(RAM_BASE + NEXT_PAGE * 0x1000);
    const kept = new KeptRegions({ u8 });
    kept.add({ number: 1, chunk: 1, position: 0, chunkSize: 1, region: what });
    expect(kept.find(head)?.number).toBe(1);
  });
});
