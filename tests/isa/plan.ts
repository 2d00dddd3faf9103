import { forms, variantsOf } from "./generate/families.js";
import { recipes } from "./generate/sequences.js";
import { familyNames } from "./generate/source.js";

/** Cases that one process runs at a time. Each chunk has a seed of its own, so that what it runs does not depend on who runs it. */
export interface Chunk {
  readonly family: string;
  readonly seed: number;
  /** Number of its first case in the family: decides whose turn it is. */
  readonly first: number;
  readonly count: number;
}

/** Written by hand (cases/), and run first. */
export const DIRECTED = "directed";

const CHUNK = 4000;
/** A family without forms of its own gets as many cases as one with this many variants. */
const RECIPE_WEIGHT = 150;

const weight = (family: string) => (family in recipes ? RECIPE_WEIGHT : variantsOf(family).length);

/** `total` cases shared out among families, so that each variant of each form has the same share. */
export function plan(total: number, seed: number, families: readonly string[]): Chunk[] {
  const weights = families.reduce((sum, family) => sum + weight(family), 0);
  const chunks: Chunk[] = [{ family: DIRECTED, seed, first: 0, count: 0 }];
  for (const family of families) {
    const count = Math.ceil((total * weight(family)) / weights);
    const familySeed = seed ^ Math.imul(familyNames.indexOf(family) + 1, 0x9e3779b1);
    for (let first = 0; first < count; first += CHUNK) {
      chunks.push({
        family,
        seed: familySeed + Math.imul(first, 0x85ebca6b),
        first: first + (seed >>> 1),
        count: Math.min(CHUNK, count - first),
      });
    }
  }
  return chunks;
}

/** Cases that each variant of the families gets at least. */
export function casesPerVariant(total: number, families: readonly string[]): number {
  return Math.floor(total / families.reduce((sum, family) => sum + weight(family), 0));
}

/** Of the families, those whose forms coverage is about. */
export const withForms = (families: readonly string[]): string[] => families.filter((family) => family in forms);
