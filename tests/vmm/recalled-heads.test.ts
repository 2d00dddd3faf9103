/** Which records lead into regions that are had again, where these have several entries, and where there is no room. */
import { beforeEach, describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { CodeCache, LONGEST_RUN } from "../../src/vmm/interpreter/code-cache.js";
import { FIRST_REGION, LAST_REGION } from "../../src/vmm/interpreter/handlers.js";
import { RECORD_SIZE, Rec } from "../../src/vmm/interpreter/record.js";
import { RecordSpace } from "../../src/vmm/interpreter/record-space.js";
import type { CodePiece, KeptRegion } from "../../src/vmm/translator/kept-regions.js";
import { regionExport } from "../../src/vmm/translator/link.js";
import type { PlacedRegion, TranslatorAnswer, TranslatorRequest } from "../../src/vmm/translator/port.js";
import { TranslationCache } from "../../src/vmm/translator/translation-cache.js";
import { ModuleBuilder } from "../../src/vmm/wasm/module.js";
import { ValueType } from "../../src/vmm/wasm/opcodes.js";
import { regionAt } from "./kept-region.js";

const PAGE = 0x10_0000;
const INC_EAX = 0x40;
const INC_ECX = 0x41;
const PIECE = 3;
const MODE = { code32: true, flat: true, user: false, direct: false };
const [A, B, C] = [0x100, 0x200, 0x300];

let state: CpuState;
let cache: CodeCache;
let table: unknown[];
let sent: TranslatorRequest[];
beforeEach(() => {
  const pages = at.wasmPages(2 ** 21);
  state = new CpuState(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  cache = new CodeCache(state, () => undefined);
  state.u8.fill(INC_EAX, at.RAM_BASE + PAGE, at.RAM_BASE + PAGE + 2 * at.PAGE_SIZE);
  table = [];
  sent = [];
});

/** A few bytes of INC EAX, unless they are told. */
function kept(entries: readonly number[], code: readonly CodePiece[], bytes?: readonly number[]): KeptRegion {
  const size = code.reduce((sum, { length }) => sum + length, 0);
  const { region, ...what } = regionAt(entries[0]);
  const x87 = what.entries[0].x87;
  return {
    ...what,
    user: false,
    direct: false,
    entries: entries.map((offset) => ({ offset, x87 })),
    code,
    bytes: Uint8Array.from(bytes ?? Array<number>(size).fill(INC_EAX)),
    region: { ...region, entries, pages: [...new Set(code.map(({ distance }) => distance))], asksShape: false, asksMode: false },
  };
}
const piece = (offset: number, length = PIECE): CodePiece => ({ distance: 0, host: 0, offset, length });

/** A machine's translations, with one module for them all. */
function machine(...regions: readonly KeptRegion[]): TranslationCache {
  const module = new ModuleBuilder();
  module.function([], [ValueType.i32], regionExport(0)).f.i32(7);
  const linked = { module: new WebAssembly.Module(module.build()), imports: [] };
  const placed = regions.map((region, i): PlacedRegion => ({ number: -1 - i, chunk: -1, position: 0, chunkSize: 1, region }));
  const answers: TranslatorAnswer[] = [{ kind: "kept", regions: placed }];
  const send = (what: TranslatorRequest) => {
    sent.push(what);
    if (what.kind === "load") answers.push({ kind: "loaded", chunk: what.chunk, linked });
  };
  const handlers = {
    get length() {
      return table.length;
    },
    grow: (by: number) => table.push(...Array<null>(by).fill(null)),
    set: (index: number, f: unknown) => {
      table[index] = f;
    },
  };
  const port = { keeps: true, send, take: () => answers.shift(), nowUs: () => 0 };
  const translations = new TranslationCache(state, cache, handlers, {}, port, () => 0, { quantum: 1, threshold: 32, strict: false });
  translations.exchange();
  return translations;
}
function propose(translations: TranslationCache, ...offsets: readonly number[]): void {
  for (const offset of offsets) {
    const address = at.RAM_BASE + PAGE + offset;
    const [{ x87 }] = regionAt(offset).entries;
    translations.propose({ record: recordAt(offset), address, linear: PAGE + offset, mode: MODE, x87, mxcsr: 0x1f80 });
  }
  for (let i = 0; i < 3; i++) translations.exchange();
}
const recordAt = (offset: number) => cache.find(PAGE + offset, MODE);
const handlerAt = (offset: number) => state.u16[(recordAt(offset) + Rec.handler) >> 1];
const leadsIntoRegion = (offset: number) => handlerAt(offset) >= FIRST_REGION;

describe("a region that is had again", () => {
  it("is put in place once, though two of its heads were met", () => {
    const translations = machine(kept([A, B], [piece(A), piece(B)]));
    propose(translations, A, B);
    expect(handlerAt(A)).toBe(handlerAt(B));
    expect(leadsIntoRegion(A)).toBe(true);
    expect(translations.counters).toMatchObject({ regionsRecalled: 1, liveRegions: 1 });
    expect(sent.map(({ kind }) => kind)).toEqual(["load"]);
  });

  it("leaves no record leading into the one whose place it takes", () => {
    const next: CodePiece = { distance: 1, host: at.RAM_BASE + PAGE + at.PAGE_SIZE, offset: 0, length: PIECE };
    const first = kept([B, C], [piece(B), next]);
    const other = kept([A, B], [piece(A), piece(B)], [INC_EAX, INC_EAX, INC_ECX, INC_EAX, INC_EAX, INC_EAX]);
    const translations = machine(first, other);
    propose(translations, B);
    const before = handlerAt(C);
    expect(leadsIntoRegion(C)).toBe(true);
    state.u8[at.RAM_BASE + PAGE + A + 2] = INC_ECX;
    propose(translations, A);
    expect(handlerAt(A)).toBe(handlerAt(B));
    expect(handlerAt(A)).not.toBe(before);
    expect(leadsIntoRegion(C)).toBe(false);
    expect(table[before]).toBeNull();
    // Its code in the next page is of no meaning for the other.
    cache.written(PAGE + at.PAGE_SIZE, 1);
    expect(leadsIntoRegion(A)).toBe(true);
  });

  it("is none where no handler number is left: the record keeps its instruction until the next generation", () => {
    const translations = machine(kept([A], [piece(A)]), kept([B], [piece(B)]));
    propose(translations, A);
    expect(leadsIntoRegion(A)).toBe(true);
    Object.assign(translations, { next: LAST_REGION + 1 });
    propose(translations, B);
    expect(translations.counters).toMatchObject({ regionsRecalled: 1, generations: 1 });
    for (const offset of [A, B]) expect(handlerAt(offset)).toBe(handlerAt(C));
  });

  it("is none where there is no room for the records of its entries: nothing is written behind these", () => {
    const entries = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => i * 0x100);
    const translations = machine(kept(entries, [piece(0, 0x800)]));
    const record = recordAt(0);
    // As if so much had been decoded elsewhere that just two of the longest runs fit.
    const room = 2 * (LONGEST_RUN + 2) * RECORD_SIZE;
    Object.assign(cache, {
      space: Object.assign(new RecordSpace(state, room), { next: at.RECORDS_END - room, limit: at.RECORDS_END, frontier: at.RECORDS_END }),
    });
    expect(cache.hasRoom()).toBe(true);
    const ram = () => state.u8.slice(at.RAM_BASE, at.RAM_BASE + 0x4000);
    const before = ram();
    const [{ x87 }] = regionAt(0).entries;
    translations.propose({ record, address: at.RAM_BASE + PAGE, linear: PAGE, mode: MODE, x87, mxcsr: 0x1f80 });
    for (let i = 0; i < 3; i++) translations.exchange();
    expect(cache.end).toBeLessThanOrEqual(at.RECORDS_END);
    expect(ram()).toEqual(before);
  });
});
