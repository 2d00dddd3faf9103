import type { KeptRegion } from "./kept-regions.js";
import type { RegionEntry } from "./region.js";
import type { TranslatedRegion } from "./region-translation.js";

/**
 * Bytes of WebAssembly above which a region is cut. Up to there V8 was seen to take up to 25 MiB to compile one; of 65 KB (600 instructions of a kernel with a
 * branch every four) up to 40, in each of its threads, and malloc keeps much of it.
 */
export const LARGEST_REGION = 60_000;

/** A page that a region may take code from, as it was when the region was asked for. */
export interface RequestedPage {
  /** Distance in pages from the head's page. */
  readonly delta: number;
  readonly host: number;
  readonly covered: Uint32Array;
}

export interface TranslationRequest {
  readonly id: number;
  readonly pages: readonly RequestedPage[];
  /** Instructions of page 0 at which it is to be entered, the head first. */
  readonly entries: readonly RegionEntry[];
  /** Linear address at which that page was found. */
  readonly linearPage: number;
  /** Offsets at which other regions begin: this one ends there. */
  readonly heads: readonly number[];
  /** Offsets of functions that are taken in where they are called; and where returns lead to, outward. */
  readonly callees: readonly number[];
  readonly returns: readonly number[];
  /** See RegionMode. */
  readonly exactCalls: boolean;
  readonly inexact: boolean;
  /** Offsets of instructions that kept leaving a region that was made before: their accesses are calls now. */
  readonly slow: readonly number[];
  readonly user: boolean;
  readonly direct: boolean;
  readonly strict: boolean;
  readonly profile: boolean;
  /** Instructions at most. */
  readonly longest: number;
}

/** A compiled module of regions, and the names of the core module's exports that it imports. The region at a position is exported as `regionExport` says. */
export interface LinkedModule {
  readonly module: WebAssembly.Module;
  readonly imports: readonly string[];
}

export type TranslatorRequest =
  | { readonly kind: "translate"; readonly requests: readonly TranslationRequest[] }
  /** Regions that were made here or loaded, by number, all into one module. */
  | { readonly kind: "link"; readonly numbers: readonly number[] }
  /** The module that kept regions are in. */
  | { readonly kind: "load"; readonly chunk: number }
  /** A region is worth keeping from one machine to the next. */
  | { readonly kind: "keep"; readonly number: number; readonly region: KeptRegion }
  /** Something better has taken a region's place. */
  | { readonly kind: "forget"; readonly number: number };

export type TranslatorAnswer =
  | {
      readonly kind: "translated";
      /** Of the requests; and what came of them, null where there was nothing to translate. Those that there are stand in the module, in this order. */
      readonly ids: readonly number[];
      readonly regions: readonly (TranslatedRegion | null)[];
      readonly linked: LinkedModule;
      /** What translating and compiling took, microseconds. */
      readonly translateUs: number;
      readonly compileUs: number;
    }
  /** By position. */
  | {
      readonly kind: "linked";
      readonly chunk: number;
      readonly numbers: readonly number[];
      readonly linked: LinkedModule;
      readonly compileUs: number;
    }
  /** Null: it can't be had any more. */
  | { readonly kind: "loaded"; readonly chunk: number; readonly linked: LinkedModule | null }
  /** What there is of earlier machines. */
  | { readonly kind: "kept"; readonly regions: readonly PlacedRegion[] };

export type Answer<Kind extends TranslatorAnswer["kind"]> = Extract<TranslatorAnswer, { kind: Kind }>;

/** A kept region: what it is known by (a request's number, or for those of earlier machines a negative one), and where its code is. */
export interface PlacedRegion {
  readonly number: number;
  readonly chunk: number;
  readonly position: number;
  /** Regions in the chunk that are of use. */
  readonly chunkSize: number;
  readonly region: KeptRegion;
}

/** Where translations are made: another thread, or (for tests) the caller's own. */
export interface TranslatorPort {
  /** Whether translations are kept there, so that later machines can have them again. Those of earlier ones come as first answer. */
  readonly keeps: boolean;
  send(request: TranslatorRequest): void;
  /** The next answer that has come; undefined: none. */
  take(): TranslatorAnswer | undefined;
  /** A clock, in microseconds. */
  nowUs(): number;
}
