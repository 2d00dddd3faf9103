/** The process that fuzzes, apart from the one that watches it: so that a case that never ends can be told, and ended. */
import { handlers } from "../../src/vmm/interpreter/handlers.js";
import { BATCH, type Failure, Fuzzer } from "./fuzzer.js";
import { newTally, tallyReport } from "./tally.js";

/** What it says: the case that it begins, and at the end what it has found. */
export type Message =
  | { readonly kind: "running"; readonly number: number }
  | { readonly kind: "done"; readonly failures: readonly Failure[]; readonly report: readonly string[] };

const say = (message: Message): void => void process.send?.(message);

const [seed, first, seconds] = process.argv.slice(2).map(Number);
const fuzzer = new Fuzzer(seed, (number) => say({ kind: "running", number }));
const tally = newTally();
const failures: Failure[] = [];
const end = performance.now() + 1000 * seconds;
let number = first;
do {
  failures.push(...fuzzer.batch(number, tally));
  number += BATCH;
} while (failures.length === 0 && performance.now() < end);
say({
  kind: "done",
  failures: failures.map((failure) => fuzzer.minimized(failure)),
  report: tallyReport(tally, fuzzer.blocks.interpreter.dispatches.length, handlers.length),
});
