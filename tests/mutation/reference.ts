/**
 * What the host's processor does in a sample of each family's cases, asked once and kept in files: mutants are compared with that.
 * Only cases in which the unchanged engine agrees with the host are kept; what it gets wrong is `npm run test:isa`'s to say.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { Case, IsaEngine, Result } from "../isa/case.js";
import { differences, unjudged } from "../isa/compare.js";
import { CaseSource, familyNames } from "../isa/generate/source.js";
import type { HostOracle } from "../isa/oracle/host.js";
import { Random } from "../isa/random.js";

/** How much of each family: what `npm test` runs too, and for what survives that, more. */
export const DEPTHS = { sample: 400, deep: 2000 } as const;
export type Depth = keyof typeof DEPTHS;

const SEEDS: Readonly<Record<Depth, number>> = { sample: 20031, deep: 77003 };

export interface Judged {
  readonly case: Case;
  readonly expected: Result;
}

const fileOf = (folder: string, family: string, depth: Depth) => join(folder, `${family}.${depth}`);

export function record(folder: string, host: HostOracle, engine: IsaEngine): void {
  for (const depth of ["sample", "deep"] as const) {
    for (const family of familyNames.filter((name) => engine.lacks[name] === undefined)) {
      const source = new CaseSource(family, new Random(SEEDS[depth]), host.lowPage);
      const cases = Array.from({ length: DEPTHS[depth] }, () => source.next());
      const [expected, again, actual] = [host.run(cases), host.run(cases), engine.run(cases)];
      const agreed = cases.flatMap((c, i): Judged[] => {
        const isSteady = differences(c, expected[i], again[i]).length === 0;
        const isJudged = isSteady && unjudged(c, expected[i]) === undefined && differences(c, expected[i], actual[i]).length === 0;
        return isJudged ? [{ case: c, expected: expected[i] }] : [];
      });
      writeFileSync(fileOf(folder, family, depth), serialize(agreed));
    }
  }
}

/** The family's cases; a family of which nothing was kept has none. */
export function recalled(folder: string, family: string, depth: Depth): readonly Judged[] {
  return deserialize(readFileSync(fileOf(folder, family, depth))) as Judged[];
}
