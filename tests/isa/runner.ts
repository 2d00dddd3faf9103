import type { Case, IsaEngine } from "./case.js";
import { differences, unjudged } from "./compare.js";
import type { Coverage } from "./coverage.js";
import type { Mismatch } from "./minimize.js";

export interface Tally {
  compared: number;
  /** By reason. */
  readonly unjudged: Map<string, number>;
  readonly mismatches: Mismatch[];
  mismatchCount: number;
}

export function newTally(): Tally {
  return { compared: 0, unjudged: new Map(), mismatches: [], mismatchCount: 0 };
}

/** How many mismatches are kept to be minimized and shown. */
const KEPT = 2000;

/** Runs cases on both, and notes what differs. */
export function compareBatch(cases: readonly Case[], host: IsaEngine, engine: IsaEngine, tally: Tally, coverage?: Coverage): void {
  const expected = host.run(cases);
  const actual = engine.run(cases);
  cases.forEach((c, i) => {
    const reason = unjudged(c, expected[i]);
    if (reason !== undefined) {
      tally.unjudged.set(reason, (tally.unjudged.get(reason) ?? 0) + 1);
      return;
    }
    tally.compared++;
    coverage?.add(c, expected[i]);
    const found = differences(c, expected[i], actual[i]);
    if (found.length === 0) return;
    tally.mismatchCount++;
    if (tally.mismatches.length < KEPT) tally.mismatches.push({ case: c, expected: expected[i], actual: actual[i], differences: found });
  });
}
