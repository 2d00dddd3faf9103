import type { Case, IsaEngine, Result } from "./case.js";
import { differences, incomparable, unjudged } from "./compare.js";
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
  const suspects: { case: Case; expected: Result; actual: Result }[] = [];
  cases.forEach((c, i) => {
    const reason = unjudged(c, expected[i]) ?? incomparable(c, expected[i], actual[i]);
    if (reason !== undefined) {
      skip(tally, reason);
      return;
    }
    tally.compared++;
    coverage?.add(c, expected[i]);
    if (differences(c, expected[i], actual[i]).length > 0) suspects.push({ case: c, expected: expected[i], actual: actual[i] });
  });
  if (suspects.length === 0) return;
  // Interrupts of the host show in some results: a null selector's RPL, the x87 pointers.
  const again = host.run(suspects.map(({ case: c }) => c));
  suspects.forEach((suspect, i) => {
    const found = differences(suspect.case, again[i], suspect.actual);
    if (found.length === 0) {
      tally.compared--;
      skip(tally, "the host gave another result when asked again");
      return;
    }
    tally.mismatchCount++;
    if (tally.mismatches.length < KEPT) tally.mismatches.push({ ...suspect, expected: again[i], differences: found });
  });
}

function skip(tally: Tally, reason: string): void {
  tally.unjudged.set(reason, (tally.unjudged.get(reason) ?? 0) + 1);
}
