/** `npm run bench`: the suite; `npm run bench -- NAME`: one measurement of its own. Each beside its rivals in the same run; nothing here is a test. */
import { bootBenchmark } from "./boot.js";
import { dashboard } from "./dashboard/dashboard.js";
import { hotSet } from "./hot-set.js";
import { creations } from "./service/creations.js";
import { lists } from "./service/lists.js";
import { viewers } from "./service/viewers.js";
import { suite } from "./suite/suite.js";

const benchmarks: Record<string, (args: string[]) => Promise<number>> = {
  boot: bootBenchmark,
  "hot-set": hotSet,
  lists,
  creations,
  dashboard,
  viewers,
};

const [name = "--", ...args] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (benchmark) process.exitCode = await benchmark(args);
else if (name.startsWith("-")) process.exitCode = await suite(process.argv.slice(2));
else {
  process.stderr.write(
    `usage: npm run bench -- [NAME] [options], where NAME is ${Object.keys(benchmarks).join(", ")}; without one, the suite\n`,
  );
  process.exitCode = 2;
}
