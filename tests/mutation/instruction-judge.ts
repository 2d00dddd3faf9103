/**
 * A process of its own, in the working copy: node --import tsx tests/mutation/instruction-judge.ts MODE FOLDER
 *
 * record  asks the host for the reference (reference.ts). Exit code 4 where this host can't be asked.
 * sample  directed cases by what was worked out by hand, then the reference's sample. Exit code 3: a case differs, and standard output says which.
 * deep    the same with the larger reference.
 *
 * Without a reference (none was recorded) only the directed cases are run.
 */
import { readdirSync } from "node:fs";
import { departures, directed } from "../isa/cases/directed.js";
import { toCase } from "../isa/cases/directed-case.js";
import { differences } from "../isa/compare.js";
import { DEFAULT_ENGINE, engines } from "../isa/engine.js";
import { familyNames } from "../isa/generate/source.js";
import { HostOracle, NoOracle } from "../isa/oracle/host.js";
import { DIFFERS, NO_HOST } from "./exit-codes.js";
import { type Depth, recalled, record } from "./reference.js";

/** Cases of a family before the next one has its turn: most mutants differ within their first hundred cases. */
const TURN = 100;

const [mode, folder] = process.argv.slice(2);
const engine = engines[DEFAULT_ENGINE]();

function differs(where: string): never {
  console.log(where);
  process.exit(DIFFERS);
}

function judgeDirected(): void {
  const judged = directed.filter(({ name }) => engine.lacks[name] === undefined);
  const results = engine.run(judged.map(toCase));
  const [first] = judged.flatMap((d, i) => departures(d, results[i]));
  if (first !== undefined) differs(`directed case: ${first.field}`);
}

function judgeReference(depth: Depth): void {
  const kept = new Set(readdirSync(folder));
  const families = familyNames.filter((family) => kept.has(`${family}.${depth}`));
  const cases = new Map(families.map((family) => [family, recalled(folder, family, depth)]));
  const longest = Math.max(0, ...[...cases.values()].map(({ length }) => length));
  for (let from = 0; from < longest; from += TURN) {
    for (const [family, all] of cases) {
      const turn = all.slice(from, from + TURN);
      const actual = engine.run(turn.map((judged) => judged.case));
      for (const [i, { case: c, expected }] of turn.entries()) {
        const [first] = differences(c, expected, actual[i]);
        if (first !== undefined) differs(`family ${family}: ${c.instructions.map(({ form }) => form.mnemonic).join(" ")}: ${first.field}`);
      }
    }
  }
}

if (mode === "record") {
  try {
    const host = new HostOracle();
    record(folder, host, engine);
    host.close();
  } catch (error) {
    if (!(error instanceof NoOracle)) throw error;
    console.log(error.message);
    process.exit(NO_HOST);
  }
} else {
  if (mode === "sample") judgeDirected();
  judgeReference(mode === "deep" ? "deep" : "sample");
}
