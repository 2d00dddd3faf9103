import { CoreExport, REGION_PARAMETERS } from "../interpreter/core-functions.js";
import type { Helper } from "../isa/stage.js";
import { FunctionBuilder } from "../wasm/function.js";
import { ValueType } from "../wasm/opcodes.js";
import { type Block, instructionsOf } from "./blocks.js";
import { type ImportedFunction, type RegionObject, SELF } from "./link.js";
import { Region, type RegionSource } from "./region.js";
import type { LinkedFunctions } from "./region-border.js";
import { RegionEmitter } from "./region-emitter.js";
import type { Linked } from "./surroundings.js";
import "../isa/all.js";

const { i32 } = ValueType;

/** Bytes of code: the first, and the first behind them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a translated region is made of. */
export interface TranslatedRegion {
  readonly instructions: number;
  /** Those of its own code, without that of callees; and offsets of the functions that it calls. */
  readonly own: number;
  readonly calls: readonly number[];
  /** Offsets at which it can be entered, by the number that their records then hold (Rec.immediate). */
  readonly entries: readonly number[];
  /** Where blocks of its own code begin and end, as offsets from the head's page. */
  readonly blocks: readonly Span[];
  /** All code that it is made of, callees' too; and distances of the pages that this lies in. */
  readonly code: readonly Span[];
  readonly pages: readonly number[];
  /** It demands TOP and tags, or the usual mode of MXCSR. */
  readonly asksShape: boolean;
  readonly asksMode: boolean;
  /** There is more code that would belong to it. */
  readonly cut: boolean;
  /** It jumps by a table. */
  readonly switches: boolean;
  /** Bytes of WebAssembly. */
  readonly size: number;
}

/** A region's function before it is linked, and what it is made of. */
export interface Translation {
  readonly object: RegionObject;
  readonly region: TranslatedRegion;
}

/** Translates a region. @returns null where there is nothing to translate */
export function translateRegion(memory: Uint8Array, source: RegionSource): Translation | null {
  const helpers = new Map<string, Helper>();
  const asked: Linked = {
    miss: 0,
    straddle: 0,
    commit: 0,
    translate: 0,
    arithmeticFlags: 0,
    setArithmeticFlags: 0,
    helper: (helper) => {
      helpers.set(helper.name, helper);
      return 0;
    },
  };
  const region = Region.find(memory, source, asked);
  if (!region) return null;
  const imports: ImportedFunction[] = [];
  const load = (name: string, params: readonly ValueType[], results: readonly ValueType[]) => {
    imports.push({ name, params, results });
    return SELF + imports.length;
  };
  const numbers = new Map<string, number>();
  const link: LinkedFunctions = {
    self: SELF,
    call: load(CoreExport.call, [i32, i32, i32], [i32]),
    miss: load(CoreExport.miss, [i32, i32, i32], [i32]),
    straddle: load(CoreExport.straddle, [i32, i32, i32], [i32]),
    commit: load(CoreExport.commit, [], [i32]),
    translate: load(CoreExport.translate, [i32, i32, i32, i32], [i32]),
    arithmeticFlags: load(CoreExport.arithmeticFlags, [], [i32]),
    setArithmeticFlags: load(CoreExport.setArithmeticFlags, [i32], []),
    profile: source.mode.profile ? load("profile", [i32, i32, i32], []) : undefined,
    helper: ({ name }) => numbers.get(name) ?? 0,
  };
  for (const { name, params, results } of helpers.values()) numbers.set(name, load(CoreExport.helper(name), params, results));
  const f = new FunctionBuilder(REGION_PARAMETERS, [i32], undefined, true);
  new RegionEmitter(f, link, region).emit();
  return { object: { body: f.body.slice(), calls: f.calls, hints: f.hints, imports }, region: described(region, f.size) };
}

function described(region: Region, size: number): TranslatedRegion {
  const { ownBlocks } = region;
  return {
    instructions: region.instructionCount,
    own: instructionsOf(ownBlocks),
    calls: region.calls,
    entries: region.entries,
    blocks: ownBlocks.map(spanOf),
    code: joined([...region.blocks.values()].map(spanOf)),
    pages: region.pageDistances,
    asksShape: region.asksShape,
    asksMode: region.asksMode,
    cut: region.source.cut,
    switches: [...region.blocks.values()].some((block) => block.switches),
    size,
  };
}

function spanOf({ start, instructions }: Block): Span {
  return { start, end: instructions.reduce((_, { offset, length }) => offset + length, start) };
}

/** The same bytes, in as few spans as do. */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last && start <= last.end) all[all.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else all.push({ start, end });
  }
  return all;
}
