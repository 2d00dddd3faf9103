import { Random } from "../isa/random.js";
import type { Case, Side } from "./case.js";
import { differences, type Mismatch } from "./compare.js";
import type { Family } from "./families/draft.js";
import { knownDifferences } from "./known/all.js";
import type { KnownDifference } from "./known/known-difference.js";

export interface Tally {
  compared: number;
  /** Cases in which each known difference had a part. */
  readonly known: Map<KnownDifference, number>;
  readonly unknown: Mismatch[];
}
export const newTally = (): Tally => ({ compared: 0, known: new Map(), unknown: [] });

/** `count` cases of a family: the same ones for the same seed, whatever other families run. */
export function generate(family: Family, seed: number, count: number): Case[] {
  let hash = seed;
  for (const letter of family.name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x0100_0193);
  const random = new Random(hash);
  return Array.from({ length: count }, () => family.generate(random));
}

/** Runs the cases on both sides and sorts what differs into known and unknown. */
export function compare(cases: readonly Case[], ours: Side, theirs: Side, tally: Tally): void {
  const mine = ours.run(cases);
  const other = theirs.run(cases);
  cases.forEach((c, i) => {
    tally.compared++;
    const found = differences(mine[i], other[i]);
    if (found.length > 0) judge({ case: c, ours: mine[i], theirs: other[i], differences: found }, tally);
  });
}

/** Known, if every difference of the mismatch is explained by an entry of the table. */
function judge(mismatch: Mismatch, tally: Tally): void {
  const explanations = new Set<KnownDifference>();
  const left = mismatch.differences.filter((difference) => {
    const entry = knownDifferences.find(({ explains }) => explains(difference, mismatch));
    if (entry) explanations.add(entry);
    return entry === undefined;
  });
  if (left.length > 0) tally.unknown.push({ ...mismatch, differences: left });
  else for (const entry of explanations) tally.known.set(entry, (tally.known.get(entry) ?? 0) + 1);
}
