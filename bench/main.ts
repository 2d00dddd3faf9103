/** `npm run bench -- NAME`: measurements, each beside its rivals in the same run. Nothing here is a test. */
import { bootBenchmark } from "./boot.js";
import { hotSet } from "./hot-set.js";

const benchmarks: Record<string, (args: string[]) => Promise<number>> = { boot: bootBenchmark, "hot-set": hotSet };

const [name = "", ...args] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (benchmark) process.exitCode = await benchmark(args);
else {
  process.stderr.write(`usage: npm run bench -- NAME, where NAME is ${Object.keys(benchmarks).join(", ")}\n`);
  process.exitCode = 2;
}
