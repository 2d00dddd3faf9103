/**
 * npm run test:isa -- [--cases N] [--seed S] [--family F[,F]] [--engine E] [--coverage]
 *
 * Directed cases, then N generated ones shared out among the families by their number of forms, on the host's processor and on an engine.
 * Exit code 0: all agree, or this host can't judge (which is said); 1: something differs; 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { directedCases } from "./cases/directed.js";
import { Coverage } from "./coverage.js";
import { DEFAULT_ENGINE, engines } from "./engine.js";
import { forms, variantsOf } from "./generate/families.js";
import { CaseSource, familyNames } from "./generate/source.js";
import { judge, type Mismatch, minimize } from "./minimize.js";
import { HostOracle, NoOracle } from "./oracle/host.js";
import { Random } from "./random.js";
import { describe } from "./report.js";
import { compareBatch, newTally, type Tally } from "./runner.js";

const BATCH = 8000;
const SHOWN_PER_FAMILY = 5;

function usage(message: string): never {
  console.error(`${message}\nfamilies: ${familyNames.join(" ")}\nengines: ${Object.keys(engines).join(" ")}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "200000" },
    seed: { type: "string", default: String(Date.now() & 0x7fffffff) },
    family: { type: "string" },
    engine: { type: "string", default: DEFAULT_ENGINE },
    coverage: { type: "boolean", default: false },
  },
});
const total = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isInteger(total) || total < 0) usage("--cases takes a number");
if (!Number.isInteger(seed)) usage("--seed takes a number");
const asked = values.family?.split(",");
for (const family of asked ?? []) if (!familyNames.includes(family)) usage(`no family ${family}`);
if (engines[values.engine] === undefined) usage(`no engine ${values.engine}`);

let host: HostOracle;
try {
  host = new HostOracle();
} catch (error) {
  if (!(error instanceof NoOracle)) throw error;
  console.log(`SKIPPED: ${error.message}`);
  process.exit(0);
}
const engine = engines[values.engine]();
console.log(
  `engine ${engine.name}, seed ${seed}, ${total} cases${host.lowPage ? "" : "; no page for 16-bit addressing here (mmap_min_addr): those cases fault"}`,
);

const families = asked ?? familyNames.filter((family) => engine.lacks[family] === undefined);
for (const [name, reason] of Object.entries(engine.lacks)) if (asked === undefined) console.log(`left out: ${name}: ${reason}`);

const coverage = new Coverage();
let failed = false;

const directed = newTally();
compareBatch(
  directedCases.filter((c) => engine.lacks[c.name ?? ""] === undefined),
  host,
  engine,
  directed,
);
summarize("directed", directed, 0, directed.mismatchCount);

const weights = families.map((family) => (family in forms ? variantsOf(family).length : 200));
const weightSum = weights.reduce((a, b) => a + b, 0);
families.forEach((family, i) => {
  const source = new CaseSource(family, new Random(seed ^ Math.imul(familyNames.indexOf(family) + 1, 0x9e3779b1)), host.lowPage);
  const tally = newTally();
  const count = Math.ceil((total * weights[i]) / weightSum);
  const start = performance.now();
  for (let done = 0; done < count; done += BATCH) {
    const cases = Array.from({ length: Math.min(BATCH, count - done) }, () => source.next());
    compareBatch(cases, host, engine, tally, coverage);
  }
  summarize(family, tally, performance.now() - start);
});

if (values.coverage)
  for (const line of coverage.report(
    families.filter((family) => family in forms),
    1000,
    100,
  ))
    console.log(line);
engine.close();
host.close();
if (failed)
  console.log(
    `\nFAILED; again: npm run test:isa -- --cases ${total} --seed ${seed}${values.family === undefined ? "" : ` --family ${values.family}`} --engine ${values.engine}`,
  );
process.exit(failed ? 1 : 0);

function summarize(family: string, tally: Tally, milliseconds: number, shown = SHOWN_PER_FAMILY): void {
  const rate = milliseconds === 0 ? "" : `, ${Math.round(tally.compared / milliseconds)} thousand a second`;
  const reasons = [...tally.unjudged].map(([reason, count]) => `, ${count} not judged (${reason})`).join("");
  console.log(`${family.padEnd(15)} ${String(tally.compared).padStart(9)} compared, ${tally.mismatchCount} differ${reasons}${rate}`);
  if (tally.mismatchCount === 0) return;
  failed = true;
  console.log(`  in cases of one instruction: ${byForm(tally.mismatches)}`);
  for (const mismatch of distinct(tally.mismatches).slice(0, shown)) {
    const again = judge(mismatch.case, host, engine);
    const small = again === undefined ? mismatch : minimize(again, host, engine);
    if (again === undefined) console.log("(not when run alone: a case before it in its batch matters)");
    console.log(describe(small.case, small.expected, small.actual, small.differences));
  }
}

/** Which forms differ alone, with how many of the mismatches that were kept. */
function byForm(mismatches: readonly Mismatch[]): string {
  const counts = new Map<string, number>();
  for (const { case: c } of mismatches) {
    if (c.instructions.length !== 1) continue;
    const { form, size, memory } = c.instructions[0];
    const name = `${form.title}${size === 0 ? "" : ` (${8 * size})`} ${memory ? "mem" : "reg"}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.map(([name, count]) => `${name}: ${count}`).join("; ") || "none";
}

/** A few that look different from each other. */
function distinct(mismatches: readonly Mismatch[]): Mismatch[] {
  const seen = new Map<string, Mismatch>();
  for (const mismatch of mismatches) {
    const kind = `${mismatch.case.instructions.map(({ form }) => form.mnemonic).join(" ")} ${mismatch.case.name ?? ""} ${mismatch.differences.map(({ field }) => field).join(" ")}`;
    if (!seen.has(kind)) seen.set(kind, mismatch);
  }
  return [...seen.values()].sort((a, b) => a.case.instructions.length - b.case.instructions.length);
}
