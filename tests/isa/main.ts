/**
 * npm run test:isa -- [--cases N] [--seed S] [--family F[,F]] [--engine E] [--jobs J] [--coverage]
 *
 * Directed cases, then N generated ones, on the host's processor and on an engine; in J processes, one for each processor unless told
 * otherwise, and the same cases whatever J is.
 * Exit code 0: all agree, or this host can't judge (which is said); 1: something differs; 2: wrong arguments.
 */
import { beyondTheHost } from "./beyond-the-host.js";
import type { ChunkReport } from "./chunk.js";
import { Coverage, RETIRING } from "./coverage.js";
import { engines } from "./engine.js";
import { FamilySummary } from "./family-summary.js";
import { familyNames } from "./generate/source.js";
import { type Options, parseOptions, usage } from "./options.js";
import { HostOracle, NoOracle } from "./oracle/host.js";
import { casesPerVariant, plan, withForms } from "./plan.js";
import { runChunks } from "./pool.js";

function options(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** Whether this host has a page for 16-bit addressing. Ends the process where it can't judge at all. */
function hasLowPage(): boolean {
  try {
    const host = new HostOracle();
    host.close();
    return host.lowPage;
  } catch (error) {
    if (!(error instanceof NoOracle)) throw error;
    console.log(`SKIPPED: ${error.message}`);
    process.exit(0);
  }
}

const { cases, seed, families: asked, engine: engineName, jobs, coverage: inFull } = options();
const lowPage = hasLowPage();
const engine = engines[engineName]();
const { lacks } = engine;
engine.close();
const families = asked ?? familyNames.filter((family) => lacks[family] === undefined);

console.log(`engine ${engineName}, seed ${seed}, ${cases} cases, ${jobs} processes`);
if (!lowPage) console.log("no page for 16-bit addressing here (mmap_min_addr): those cases fault");
if (asked === undefined) for (const [name, reason] of Object.entries(lacks)) console.log(`left out: ${name}: ${reason}`);

const coverage = new Coverage();
let summary = new FamilySummary("");
let compared = 0;
let differing = 0;
const start = performance.now();

function report(chunk: ChunkReport): void {
  if (chunk.family !== summary.family) {
    for (const line of summary.lines()) console.log(line);
    summary = new FamilySummary(chunk.family);
  }
  summary.add(chunk);
  coverage.addRows(chunk.coverage);
  compared += chunk.compared;
  differing += chunk.differing;
}

await runChunks(plan(cases, seed, families), engineName, jobs, report);
for (const line of summary.lines()) console.log(line);
const seconds = (performance.now() - start) / 1000;
console.log(`${compared} compared, ${differing} differ; ${Math.round(seconds)} s, ${Math.round(compared / seconds)} a second`);

const measured = withForms(families);
if (inFull) {
  for (const line of coverage.table(measured)) console.log(line);
  for (const line of beyondTheHost()) console.log(line);
}
if (inFull || casesPerVariant(cases, families) >= RETIRING) for (const line of coverage.summary(measured)) console.log(line);

if (differing > 0) {
  const family = asked === undefined ? "" : ` --family ${asked.join(",")}`;
  console.log(`FAILED; again: npm run test:isa -- --cases ${cases} --seed ${seed}${family} --engine ${engineName}`);
  process.exitCode = 1;
}
