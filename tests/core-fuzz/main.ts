/**
 * npm run fuzz:core -- [--seconds N] [--seed S] [--first CASE]
 *
 * Random and mutated code in random modes, on processors and on whole machines, for about N seconds: nothing may crash, hang or write where it
 * may not. Exit code 0: nothing found; 1: something was, and is shown; 2: wrong arguments.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Message } from "./child.js";
import { BATCH, caseAt } from "./fuzzer.js";
import { processorSeconds } from "./processor-time.js";

/** A case takes milliseconds to compute: one that takes this long will not end. */
const PATIENCE_SECONDS = 30;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() & 0x7fffffff) },
    first: { type: "string", default: "0" },
  },
});
const [seconds, seed, from] = [values.seconds, values.seed, values.first].map(Number);
if (![seconds, seed, from].every((n) => Number.isInteger(n) && n >= 0)) {
  console.error("--seconds, --seed and --first take numbers");
  process.exit(2);
}
const first = from - (from % BATCH);
console.log(`seed ${seed}, from case ${first}, ${seconds} seconds`);

let running = first;
const child = fork(fileURLToPath(new URL("./child.ts", import.meta.url)), [seed, first, seconds].map(String));
child.on("message", (message: Message) => {
  if (message.kind === "running") {
    running = message.number;
    return;
  }
  for (const line of message.report) console.log(line);
  for (const { number, title, code, what } of message.failures)
    console.log([`FAILED case ${number}: ${title}`, `  code ${code}`, ...what.map((line) => `  ${line}`), `  ${again(number)}`].join("\n"));
  process.exit(message.failures.length > 0 ? 1 : 0);
});
child.on("exit", (status, signal) => {
  console.log(`FAILED case ${running}: it ended the process (${signal ?? status})\n  ${again(running)}`);
  process.exit(1);
});

let watched = -1;
let since = 0;
setInterval(() => {
  const now = processorSeconds(child.pid ?? 0);
  if (watched !== running) {
    watched = running;
    since = now;
  }
  if (now - since < PATIENCE_SECONDS) return;
  child.removeAllListeners("exit").kill("SIGKILL");
  const { title, code } = caseAt(seed, running);
  console.log(`FAILED case ${running}: ${title}: HANGS\n  code ${Buffer.from(code).toString("hex")}\n  ${again(running)}`);
  process.exit(1);
}, 1000);

function again(number: number): string {
  return `again: npm run fuzz:core -- --seconds 1 --seed ${seed} --first ${number - (number % BATCH)}`;
}
