import { wasmPages } from "../cpu/layout.js";
import { CoreExport, REGION_PARAMETERS } from "../interpreter/core-functions.js";
import type { Helper } from "../isa/stage.js";
import { ModuleBuilder } from "../wasm/module.js";
import { ValueType } from "../wasm/opcodes.js";
import { type Block, instructionsOf } from "./blocks.js";
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

/** A translated region: its function's place among the module's exports, and what it is made of. */
export interface TranslatedRegion {
  readonly instructions: number;
  /** Those of its own code, without that of callees; and offsets of the functions that it calls. */
  readonly own: number;
  readonly calls: readonly number[];
  /** Offsets at which it can be entered, by the number that their records then hold (Rec.immediate). */
  readonly entries: readonly number[];
  /** Where blocks of its own code begin and end, as offsets from the head's page. */
  readonly blocks: readonly Span[];
  /** Distances of the pages that its code lies in. */
  readonly pages: readonly number[];
  /** It jumps by a table. */
  readonly switches: boolean;
  /** Bytes of WebAssembly. */
  readonly size: number;
}

export interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By position of the source; null where there was nothing to translate. */
  readonly regions: readonly (TranslatedRegion | null)[];
  /** Names of the core module's exports that the module imports. */
  readonly imports: readonly string[];
}

/** Name by which a module exports the region at a position. */
export const regionExport = (position: number): string => `r${position}`;

/**
 * Translates regions into one module: compiling and instantiating many at once costs less. It imports the memory and functions of the core
 * module, and no table: on Node 20 every importing instance would hold a copy of it.
 */
export function translateBatch(memory: Uint8Array, sources: readonly RegionSource[]): Batch {
  const helpers = new Map<string, { helper: Helper; index: number }>();
  const asked: Linked = {
    miss: 0,
    commit: 0,
    translate: 0,
    arithmeticFlags: 0,
    setArithmeticFlags: 0,
    helper: (helper) => {
      helpers.set(helper.name, { helper, index: 0 });
      return 0;
    },
  };
  const regions = sources.map((source) => Region.find(memory, source, asked));
  const module = new ModuleBuilder();
  module.importMemory("core", "memory", wasmPages(0));
  const imports: string[] = [];
  const load = (name: string, params: readonly ValueType[], results: readonly ValueType[]) => {
    imports.push(name);
    return module.importFunction("core", name, params, results);
  };
  const link: Omit<LinkedFunctions, "self"> = {
    call: load(CoreExport.call, [i32, i32, i32], [i32]),
    miss: load(CoreExport.miss, [i32, i32, i32], [i32]),
    commit: load(CoreExport.commit, [], []),
    translate: load(CoreExport.translate, [i32, i32, i32, i32], [i32]),
    arithmeticFlags: load(CoreExport.arithmeticFlags, [], [i32]),
    setArithmeticFlags: load(CoreExport.setArithmeticFlags, [i32], []),
    profile: sources.some(({ mode }) => mode.profile) ? load("profile", [i32, i32, i32], []) : undefined,
    helper: ({ name }) => helpers.get(name)?.index ?? 0,
  };
  for (const one of helpers.values()) one.index = load(CoreExport.helper(one.helper.name), one.helper.params, one.helper.results);
  const translated = regions.map((region, i): TranslatedRegion | null => {
    if (!region) return null;
    const { index, f } = module.function(REGION_PARAMETERS, [i32], regionExport(i));
    new RegionEmitter(f, { ...link, self: index }, region).emit();
    const { ownBlocks } = region;
    return {
      instructions: region.instructionCount,
      own: instructionsOf(ownBlocks),
      calls: region.calls,
      entries: region.entries,
      blocks: ownBlocks.map(spanOf),
      pages: region.pageDistances,
      switches: [...region.blocks.values()].some((block) => block.switches),
      size: f.size,
    };
  });
  return { bytes: module.build(), regions: translated, imports };
}

function spanOf({ start, instructions }: Block): Span {
  return { start, end: instructions.reduce((_, { offset, length }) => offset + length, start) };
}
