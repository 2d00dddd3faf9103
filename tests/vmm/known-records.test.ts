/** Records that are copied are what decoding would have made. */
import { beforeEach, describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { CodeCache } from "../../src/vmm/interpreter/code-cache.js";
import { SPECIALS } from "../../src/vmm/interpreter/handlers.js";
import { KnownRecords } from "../../src/vmm/interpreter/known-records.js";
import { RECORD_SIZE, Rec } from "../../src/vmm/interpreter/record.js";
import { Random } from "../isa/random.js";

const PAGE = 0x10_0000;
const MODES = [false, true].flatMap((code32) => [false, true].map((flat) => ({ code32, flat, user: false, direct: false })));

let state: CpuState;
beforeEach(() => {
  const pages = at.wasmPages(2 ** 21);
  state = new CpuState(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
});

describe("records of instructions that were decoded before", () => {
  it("are what they were then, but for their place", () => {
    const random = new Random(7);
    const seen = new CodeCache(state, () => undefined);
    for (let turn = 0; turn < 400; turn++) {
      const code = Array.from({ length: 64 }, () => random.below(256));
      for (const mode of MODES) {
        // Twice by the one that has seen it, at two offsets; once by one that has seen nothing.
        const offsets = [random.below(256), 0x400 + random.below(256)];
        const runs = [...offsets, offsets[1]].map((offset, i) => {
          state.u8.fill(0x90, at.RAM_BASE + PAGE, at.RAM_BASE + PAGE + at.PAGE_SIZE);
          state.u8.set(code, at.RAM_BASE + PAGE + offset);
          const cache = i < 2 ? seen : new CodeCache(state, () => undefined);
          if (!cache.hasRoom()) cache.makeRoom();
          const record = cache.find(PAGE + offset, mode);
          let end = record;
          while (state.u16[(end + Rec.handler) >> 1] >= SPECIALS) end += RECORD_SIZE;
          const words = state.i32.slice(record >> 2, end >> 2);
          cache.written(PAGE + offset, 1);
          return words;
        });
        expect(runs[1]).toEqual(runs[2]);
      }
    }
  });

  it("stand where they are copied to", () => {
    const known = new KnownRecords(state);
    expect(known.copy(0, 0, at.RECORDS, 0, 0)).toBe(0);
    const record = at.RECORDS;
    state.i32.fill(0x0303_0303, record >> 2, (record + RECORD_SIZE) >> 2);
    known.learn(0x1234, 3, record);
    const copy = record + RECORD_SIZE;
    expect(known.copy(0x1234, 3, copy, 0xabc, 9)).toBe(3);
    expect(state.u16[(copy + Rec.offset) >> 1]).toBe(0xabc);
    expect(state.get(copy + Rec.position)).toBe(9);
    expect(state.get(copy + Rec.immediate)).toBe(0x0303_0303);
    expect(known.copy(0x1235, 3, copy, 0, 0)).toBe(0);
    for (let mode = 0; mode < 16; mode++) expect(known.copy(0x1234, mode, copy, 0, 0)).toBe(mode === 3 ? 3 : 0);
  });

  it("are not those of instructions that go on behind the four bytes", () => {
    const known = new KnownRecords(state);
    state.u8[at.RECORDS + Rec.length] = 5;
    known.learn(1, 1, at.RECORDS);
    expect(known.copy(1, 1, at.RECORDS, 0, 0)).toBe(0);
  });
});
