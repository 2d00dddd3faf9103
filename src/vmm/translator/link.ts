import { wasmPages } from "../cpu/layout.js";
import { REGION_PARAMETERS } from "../interpreter/core-functions.js";
import { putFixedU32 } from "../wasm/bytes.js";
import { ModuleBuilder } from "../wasm/module.js";
import { ValueType } from "../wasm/opcodes.js";

/** A function of the core module's that regions call. */
export interface ImportedFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** What `symbol` says of a call of the region by itself; more by n + 1: of the import at position n. */
export const SELF = 0;

/** A region's function, as an object file has it: it can be put into any module. */
export interface RegionObject {
  /** Locals and code. */
  readonly body: Uint8Array;
  /** Where that has function indices, and for which functions. */
  readonly calls: readonly { readonly place: number; readonly symbol: number }[];
  readonly hints: readonly number[];
  readonly imports: readonly ImportedFunction[];
}

export interface Linkage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of the core module's exports that the module imports. */
  readonly imports: readonly string[];
}

/** Name by which a module exports the region at a position. */
export const regionExport = (position: number): string => `r${position}`;

/**
 * Makes one module of regions; the same one of the same regions. It imports the memory and functions of the core module, and no table: on Node 20 every
 * importing instance would hold a copy of it.
 *
 * How many regions share a module decides how fast those are that run seldom, and many of them in turn, as a kernel's do: each module's instance has cache
 * lines and pages of its own that an entry touches. A guest that forks ran 165 million instructions a second with a module for each region, 220 with one
 * for four, 268 with one for all 1,300.
 */
export function link(objects: readonly RegionObject[]): Linkage {
  const module = new ModuleBuilder();
  module.importMemory("core", "memory", wasmPages(0));
  const indices = new Map<string, number>();
  for (const { calls, imports } of objects)
    for (const { symbol } of calls) {
      const called = imports[symbol - SELF - 1];
      if (!called || indices.has(called.name)) continue;
      indices.set(called.name, module.importFunction("core", called.name, called.params, called.results));
    }
  for (const [position, { body, calls, hints, imports }] of objects.entries()) {
    const placed = body.slice();
    for (const { place, symbol } of calls) {
      const index = symbol === SELF ? indices.size + position : (indices.get(imports[symbol - SELF - 1].name) as number);
      putFixedU32(placed, place, index);
    }
    module.place(REGION_PARAMETERS, [ValueType.i32], { body: placed, hints }, regionExport(position));
  }
  return { bytes: module.build(), imports: [...indices.keys()] };
}
