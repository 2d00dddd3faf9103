/**
 * npm run mutate -- [--count N] [--seed S] [--only FAMILY[,FAMILY]] [--at FILE:LINE[,FILE:LINE]] [--jobs J]
 *
 * Changes one constant, width, sign, operator, flag rule or table entry of the monitor's sources at a time, and looks whether a test
 * notices: all mutants of a line, otherwise a sample. Exit code 0: every mutant was killed, or is explained as equivalent
 * (equivalent.ts); 1: survivors without an explanation; 2: wrong arguments.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { equivalent } from "./equivalent.js";
import { explains } from "./explanation.js";
import { Judge, type Verdict } from "./judge.js";
import { change, lineOf, type Mutation } from "./mutation.js";
import { sample } from "./sample.js";
import { type Family, families, sitesIn } from "./targets.js";
import { WorkingCopy } from "./working-copy.js";

function usage(message: string): never {
  console.error(`${message}\nfamilies: ${families.join(" ")}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "250" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    at: { type: "string" },
    jobs: { type: "string", default: "2" },
  },
});
const [count, seed, jobs] = [values.count, values.seed, values.jobs].map(Number);
if (!Number.isInteger(count) || count < 1) usage("--count takes a number");
if (!Number.isInteger(seed)) usage("--seed takes a number");
if (!Number.isInteger(jobs) || jobs < 1) usage("--jobs takes a number");
const isFamily = (name: string): name is Family => (families as readonly string[]).includes(name);
const chosen = values.only?.split(",") ?? families;
if (!chosen.every(isFamily)) usage(`no family ${chosen.find((name) => !isFamily(name))}`);

const root = fileURLToPath(new URL("../..", import.meta.url));
const sites = sitesIn(root, chosen);
const mutations = values.at === undefined ? sample(sites, count, seed) : values.at.split(",").flatMap(ofLine);
if (mutations.length === 0) usage(`nothing to change in ${values.at ?? chosen.join()}`);
const places = [...sites.values()].reduce((sum, { length }) => sum + length, 0);
console.log(`${mutations.length} of the mutants of ${places} places in ${sites.size} files, seed ${seed}`);

const copies = Array.from({ length: Math.min(jobs, mutations.length) }, () => new WorkingCopy(root));
const judge = new Judge();
const results: { mutation: Mutation; verdict: Verdict }[] = [];
process.on("exit", () => {
  judge.close();
  for (const copy of copies) copy.remove();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

await judge.prepare(copies[0]);
if (judge.noHost !== undefined) console.log(`instructions are judged by directed cases only: ${judge.noHost}`);
await judge.baseline(copies[0]);
const left = [...mutations];
await Promise.all(
  copies.map(async (copy) => {
    for (let mutation = left.shift(); mutation !== undefined; mutation = left.shift()) {
      const verdict = await judge.judge(copy, mutation);
      results.push({ mutation, verdict });
      console.log(
        `${String(results.length).padStart(4)} ${place(mutation)} ${mutation.kind}: ${change(mutation)}: ${told(mutation, verdict)}`,
      );
    }
  }),
);

const survivors = results.filter(({ verdict }) => verdict === undefined).map(({ mutation }) => mutation);
const unexplained = survivors.filter((mutation) => reasonOf(mutation) === undefined);
summarize();
process.exit(unexplained.length === 0 ? 0 : 1);

/** All mutants of a line, "FILE:LINE"; the end of the file's name will do. */
function ofLine(at: string): Mutation[] {
  const [name, line] = at.split(":");
  const ofFile = [...sites].filter(([file]) => file.endsWith(name)).flatMap(([, found]) => found);
  return ofFile.flatMap((site) => site.mutations.filter(({ file, start }) => lineOf(textOf(file), start) === Number(line)));
}

function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function place({ file, start }: Mutation): string {
  const text = textOf(file);
  return `${file}:${lineOf(text, start)}:${start - text.lastIndexOf("\n", start - 1)}`;
}

function reasonOf(mutation: Mutation): string | undefined {
  return equivalent.find((explanation) => explains(explanation, mutation, textOf(mutation.file)))?.reason;
}

function told(mutation: Mutation, verdict: Verdict): string {
  if (verdict !== undefined) return `killed by ${verdict.killedBy}: ${verdict.message}`;
  const reason = reasonOf(mutation);
  return reason === undefined ? "SURVIVED" : `equivalent: ${reason}`;
}

function summarize(): void {
  const counts = new Map<string, number>();
  for (const { verdict } of results) {
    const key = verdict === undefined ? "survived" : `killed: ${verdict.killedBy}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  console.log(`\n${results.length} mutants: ${[...counts].map(([key, n]) => `${key} ${n}`).join(", ")}`);
  console.log(
    `${survivors.length - unexplained.length} survivors explained, ${unexplained.length} not${unexplained.length === 0 ? "" : ":"}`,
  );
  for (const mutation of unexplained) console.log(`  ${place(mutation)}  ${change(mutation)}`);
}
