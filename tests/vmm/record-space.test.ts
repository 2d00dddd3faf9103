/** The memory of decoded instructions: handed out, given back and used again; and what is remembered of records that become others. */
import { beforeEach, describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { CodeCache } from "../../src/vmm/interpreter/code-cache.js";
import { CodeIndex } from "../../src/vmm/interpreter/code-index.js";
import { Special } from "../../src/vmm/interpreter/handlers.js";
import { RECORD_SIZE, Rec } from "../../src/vmm/interpreter/record.js";
import { RecordSpace } from "../../src/vmm/interpreter/record-space.js";
import type { TranslatorRequest } from "../../src/vmm/translator/port.js";
import { TranslationCache } from "../../src/vmm/translator/translation-cache.js";

const MIB = 2 ** 20;
const ROOM = 4096;

let state: CpuState;
beforeEach(() => {
  const pages = at.wasmPages(2 * MIB);
  state = new CpuState(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
});

describe("the space of records", () => {
  let space: RecordSpace;
  beforeEach(() => {
    space = new RecordSpace(state, ROOM);
  });
  /** Takes pieces until it is full; all that it took. */
  const fill = (size = ROOM) => {
    const taken: number[] = [];
    while (space.hasRoom()) taken.push(space.take(size));
    return taken;
  };

  it("is handed out in order, to its end", () => {
    const taken = fill();
    expect(taken).toEqual(taken.map((_, i) => at.RECORDS + i * ROOM));
    expect(space.end).toBe(at.RECORDS_END);
    expect(space.reclaim()).toBe(false);
    space.clear();
    expect([space.hasRoom(), space.take(ROOM)]).toEqual([true, at.RECORDS]);
  });

  it("is used again, rather than more of it, where much was given back", () => {
    for (let round = 0; round < 100; round++) {
      const taken: number[] = [];
      for (let i = 0; i < MIB / ROOM; i++) {
        if (!space.hasRoom()) expect(space.reclaim()).toBe(true);
        taken.push(space.take(ROOM));
      }
      for (const start of taken) space.release(start, start + ROOM);
    }
    expect(space.end).toBeLessThanOrEqual(at.RECORDS + 8 * MIB);
  });

  it("is never handed out twice at a time", () => {
    const inUse = new Uint8Array((at.RECORDS_END - at.RECORDS) / RECORD_SIZE);
    let random = 1;
    for (let i = 0; i < 30_000 && (space.hasRoom() || space.reclaim()); i++) {
      random = (random * 48271) % 2147483647;
      const count = 1 + (random % 100);
      const start = space.take(count * RECORD_SIZE);
      const first = (start - at.RECORDS) / RECORD_SIZE;
      expect(inUse.subarray(first, first + count)).toEqual(new Uint8Array(count));
      // Nine of ten go at once, the others stay.
      if (i % 10 === 0) inUse.fill(1, first, first + count);
      else space.release(start, start + count * RECORD_SIZE);
    }
  });

  it("has no use for pieces that are small, as long as what lies between them is in use", () => {
    for (const [i, start] of fill().entries()) if (i % 2) space.release(start, start + ROOM);
    expect(space.reclaim()).toBe(false);
    expect(space.hasRoom()).toBe(false);
  });

  it("leaves nothing behind that isn't marked as gone", () => {
    const size = ROOM - RECORD_SIZE;
    for (const start of fill(size)) space.release(start, start + size);
    const left = space.position;
    expect(left).toBeLessThan(at.RECORDS_END);
    expect(space.reclaim()).toBe(true);
    expect(space.hasRoom()).toBe(true);
    expect(space.position).toBe(at.RECORDS);
    for (let record = left; record < space.end; record += RECORD_SIZE)
      expect(state.u16[(record + Rec.handler) >> 1]).toBe(Special.redecode);
  });
});

describe("code that is written and run all the time", () => {
  const [KEPT, WRITTEN] = [0x1_0000, 0x2_0000];
  const MODE = { code32: true, flat: true, user: true, direct: true };
  const INC_EAX = 0x40;
  let cache: CodeCache;
  beforeEach(() => {
    cache = new CodeCache(state, () => undefined);
    state.u8.fill(INC_EAX, at.RAM_BASE + KEPT, at.RAM_BASE + WRITTEN + at.PAGE_SIZE);
  });
  /** Decodes a page that is then written to, until records are used again. */
  const decodeUntilReclaimed = (): boolean => {
    for (let reclaimed = false, i = 0; !reclaimed; i++) {
      if (i === 100_000) return false;
      if (!cache.hasRoom()) {
        cache.onReclaim = () => {
          reclaimed = true;
        };
        cache.makeRoom();
      }
      cache.find(WRITTEN, MODE);
      cache.written(WRITTEN, 1);
    }
    return true;
  };

  it("takes the place of what it was, and leaves other code alone", () => {
    const record = cache.find(KEPT, MODE);
    const bytes = () => state.u8.slice(record, record + 64 * RECORD_SIZE);
    const before = bytes();
    for (let i = 0; i < 5; i++) expect(decodeUntilReclaimed()).toBe(true);
    expect(cache.flushes).toBe(0);
    expect(cache.find(KEPT, MODE)).toBe(record);
    expect(bytes()).toEqual(before);
    expect(cache.end).toBeLessThanOrEqual(at.RECORDS + 9 * MIB);
  });

  it("needs no larger index, wherever it is written", () => {
    const index = new CodeIndex();
    for (let address = 0; address < 2 ** 20; address++) {
      index.set(address, at.RECORDS + address);
      if (address >= 100) index.remove(address - 100, at.RECORDS + address - 100);
    }
    expect(index.size).toBeLessThanOrEqual(4096);
    for (let address = 2 ** 20 - 100; address < 2 ** 20; address++) expect(index.get(address)).toBe(at.RECORDS + address);
    expect(index.get(2 ** 20 - 101)).toBe(0);
  });

  it("is not taken for what stood at its record before", () => {
    const sent: TranslatorRequest[] = [];
    const port = { keeps: false, send: (what: TranslatorRequest) => sent.push(what), take: () => undefined, nowUs: () => 0 };
    const options = { quantum: 1, threshold: 1, strict: false };
    const table = { length: 2 ** 16, grow: () => 0, set: () => undefined };
    const translations = new TranslationCache(state, cache, table, {}, port, () => 0, options);
    const isHot = (record: number, address: number) => {
      const head = { record, address: at.RAM_BASE + address, linear: address, mode: MODE, x87: { top: 0, tags: 0 }, mxcsr: 0x1f80 };
      if (translations.seen(record, head.address, MODE)) translations.propose(head);
    };
    const gone = cache.find(WRITTEN, MODE);
    isHot(gone, WRITTEN);
    cache.written(WRITTEN, 1);
    const forget = cache.onReclaim;
    for (let record = 0; record !== gone; ) {
      if (!cache.hasRoom()) {
        cache.onReclaim = forget;
        cache.makeRoom();
      }
      record = cache.find(KEPT, MODE);
      if (record !== gone) cache.written(KEPT, 1);
    }
    cache.find(WRITTEN + 0x800, MODE);
    translations.exchange();
    expect(sent).toEqual([]);
    isHot(gone, KEPT);
    translations.exchange();
    expect(sent).toMatchObject([{ kind: "translate", requests: [{ linearPage: KEPT }] }]);
  });

  it("has no crossing record at a place where another instruction has come", () => {
    const next = WRITTEN + at.PAGE_SIZE;
    // add eax, imm32, from the last byte of the page on.
    state.u8[at.RAM_BASE + next - 1] = 0x05;
    const crossing = cache.find(next - 1, MODE);
    cache.decodeCrossing(crossing, next - 1, next, MODE);
    cache.written(next - 1, 1);
    state.u8[at.RAM_BASE + next - 1] = INC_EAX;
    for (let record = 0; record !== crossing; ) {
      if (!cache.hasRoom()) cache.makeRoom();
      record = cache.find(KEPT, MODE);
      if (record !== crossing) cache.written(KEPT, 1);
    }
    state.set(crossing + Rec.immediate, 0x1234);
    cache.written(next, 1);
    expect(state.get(crossing + Rec.immediate)).toBe(0x1234);
  });
});
