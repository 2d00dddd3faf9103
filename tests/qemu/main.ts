/**
 * npm run test:qemu -- [--cases N] [--seed S] [--family F[,F]]
 * npm run test:qemu -- --document: writes docs/qemu-differences.md
 *
 * N cases shared out among the families, on our processor and in QEMU; the differences that are known are counted, others are shown.
 * Exit code 0: none of those, or no QEMU here (which is said); 1: there are; 2: wrong arguments.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { differencesDocument } from "./differences-document.js";
import { families } from "./families/all.js";
import { describe, kind } from "./report.js";
import { compare, generate, newTally } from "./runner.js";
import { NoEmulator, SystemEmulator } from "./system-emulator.js";
import { Worldswitch } from "./worldswitch.js";

const SHOWN_PER_FAMILY = 5;

function usage(message: string): never {
  console.error(`${message}\nfamilies: ${families.map(({ name }) => name).join(" ")}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() & 0x7fffffff) },
    family: { type: "string" },
    document: { type: "boolean", default: false },
  },
});
if (values.document) {
  writeFileSync(new URL("../../docs/qemu-differences.md", import.meta.url), differencesDocument());
  process.exit(0);
}
const total = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isInteger(total) || total < 0) usage("--cases takes a number");
if (!Number.isInteger(seed)) usage("--seed takes a number");
const asked = values.family?.split(",");
for (const name of asked ?? []) if (!families.some((family) => family.name === name)) usage(`no family ${name}`);
const chosen = families.filter(({ name }) => asked === undefined || asked.includes(name));

let qemu: SystemEmulator;
try {
  qemu = new SystemEmulator();
} catch (error) {
  if (!(error instanceof NoEmulator)) throw error;
  console.log(`SKIPPED: ${error.message}`);
  process.exit(0);
}
const ours = new Worldswitch();
console.log(`${qemu.version}, seed ${seed}`);
let failed = false;
for (const family of chosen) {
  const tally = newTally();
  compare(generate(family, seed, Math.ceil(total / chosen.length)), ours, qemu, tally);
  console.log(`${family.name.padEnd(17)} ${String(tally.compared).padStart(7)} compared, ${tally.unknown.length} differ`);
  for (const [entry, count] of tally.known) console.log(`    ${String(count).padStart(7)} ${entry.title}`);
  if (tally.unknown.length === 0) continue;
  failed = true;
  const kinds = new Map<string, number>();
  const shown = tally.unknown.filter((mismatch) => {
    const name = kind(mismatch);
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
    return kinds.get(name) === 1;
  });
  for (const [name, count] of [...kinds].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log(`    ${String(count).padStart(7)} ${name}`);
  for (const mismatch of shown.slice(0, SHOWN_PER_FAMILY)) console.log(describe(mismatch));
}
qemu.close();
process.exit(failed ? 1 : 0);
