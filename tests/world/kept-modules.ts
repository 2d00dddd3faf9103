/** What the translator thread gives a store, without a machine: regions whose functions are sums, and which say that they begin at made-up offsets. */
import { setFlagsFromString } from "node:v8";
import { link, type RegionObject, regionExport } from "../../src/vmm/translator/link.js";
import type { TranslationStore } from "../../src/world/kept/translation-store.js";
import { regionAt } from "../vmm/kept-region.js";
import { functionsOf, plus, twicePlus } from "../vmm/region-objects.js";

/** As the translator thread does: without, V8 ends the process when it is asked for a module's code. To be called before anything is compiled. */
export function compileStraightToTheOptimizingTier(): void {
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--no-wasm-lazy-compilation");
}

/** A region is known here by the offset of its head. That and its `kind` are in what it gives. */
export interface Known {
  readonly head: number;
  readonly kind: number;
}
const GIVEN = 1_000_000;
function gives({ head, kind }: Known): number {
  return (head % 2 ? 1 : 2) * GIVEN + 10_000 * kind + head;
}
/** Every other one with calls. */
export function objectOf(one: Known): RegionObject {
  return one.head % 2 ? plus(gives(one) - GIVEN) : twicePlus(gives(one) - 2 * GIVEN);
}

/** Regions that begin at so many offsets from one on. */
export function known(first: number, count: number, kind = 0): Known[] {
  return Array.from({ length: count }, (_, i) => ({ head: first + i, kind }));
}
/** Gives a store a module of objects, under these numbers. */
export function add(store: TranslationStore, chunk: number, numbers: readonly number[], objects: readonly RegionObject[]): void {
  const linked = link(objects);
  store.add(chunk, { ...linked, numbers, objects }, new WebAssembly.Module(linked.bytes));
}
/** Gives a store a module of new regions, which go by the numbers of their heads. */
export function fill(store: TranslationStore, chunk: number, regions: readonly Known[]): void {
  add(
    store,
    chunk,
    regions.map(({ head }) => head),
    regions.map(objectOf),
  );
  for (const one of regions) store.keep(one.head, regionAt(one.head, one.kind));
}

/** A region that a store says it has, and what its function gives; null: the module can't be had. */
export interface Had extends Known {
  readonly chunkSize: number;
  readonly gives: number | null;
}
/** All that a machine would have of a store, by head. */
export function have(store: TranslationStore): Had[] {
  const had = store.open().map(({ chunk, position, chunkSize, region }): Had => {
    const linked = store.load(chunk);
    const gives = linked ? functionsOf(linked.module)[regionExport(position)](GIVEN, 0, 0, 0) : null;
    return { head: region.entries[0].offset, kind: region.round, chunkSize, gives };
  });
  return had.sort((a, b) => a.head - b.head || a.kind - b.kind);
}
/** What a machine has of a file: that, if it is as it should be. */
export function had(regions: readonly Known[], chunkSize = regions.length): Had[] {
  return regions.map((one) => ({ ...one, chunkSize, gives: gives(one) }));
}
