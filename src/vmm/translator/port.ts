import type { TranslatedRegion } from "./batch.js";
import type { RegionEntry } from "./region.js";

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

export interface TranslationAnswer {
  readonly ids: readonly number[];
  readonly regions: readonly (TranslatedRegion | null)[];
  readonly imports: readonly string[];
  readonly module: WebAssembly.Module;
  readonly bytes: number;
  /** What translating and compiling took, microseconds. */
  readonly translateUs: number;
  readonly compileUs: number;
}

/** Where translations are made: another thread, or (for tests) the caller's own. */
export interface TranslatorPort {
  send(requests: readonly TranslationRequest[]): void;
  /** The next answer that has come; undefined: none. */
  take(): TranslationAnswer | undefined;
  /** A clock, in microseconds. */
  nowUs(): number;
}
