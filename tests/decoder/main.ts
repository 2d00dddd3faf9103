/**
 * npm run fuzz:decoder -- [--cases N] [--seed S]
 *
 * Every opcode with every ModRM byte, then N random byte strings, each in 16-bit and in 32-bit mode, by the monitor's decoder and by an
 * independent one. Exit code 0: they differ only where they are meant to (which is printed); 1: something else differs; 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { Random } from "../isa/random.js";
import { randomStrings, SWEEP_SIZE, sweep } from "./byte-strings.js";
import { compare, newTally } from "./comparison.js";

const BATCH = 4096;

const { values } = parseArgs({
  options: { cases: { type: "string", default: "1000000" }, seed: { type: "string", default: String(Date.now() & 0x7fffffff) } },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isInteger(cases) || cases < 0 || !Number.isInteger(seed)) {
  console.error("--cases and --seed take numbers");
  process.exit(2);
}

const random = new Random(seed);
const tally = newTally();
console.log(`seed ${seed}: a sweep of ${SWEEP_SIZE} byte strings and ${cases} random ones, each in both modes`);
for (let first = 0; first < SWEEP_SIZE; first += BATCH) both(sweep(random, first, BATCH));
for (let done = 0; done < cases; done += BATCH) both(randomStrings(random, Math.min(BATCH, cases - done)));

console.log(`${tally.compared} compared: ${tally.valid} agreed on, ${tally.invalid} invalid by both, ${tally.failed} differ`);
console.log("Differences that are meant:");
for (const [reason, kinds] of tally.known) {
  console.log(`  ${reason}: ${[...kinds.values()].reduce((a, b) => a + b, 0)}`);
  for (const [kind, count] of [...kinds].sort((a, b) => b[1] - a[1])) console.log(`    ${kind}: ${count}`);
}
for (const failure of tally.failures) console.log(`FAILED ${failure}`);
if (tally.failed > 0) console.log(`Again: npm run fuzz:decoder -- --cases ${cases} --seed ${seed}`);
process.exit(tally.failed > 0 ? 1 : 0);

function both(bytes: Uint8Array): void {
  compare(bytes, false, tally);
  compare(bytes, true, tally);
}
