/**
 * `npm run bench -- dashboard [--keys N] [--machines N] [--rounds N]`: from a key to the guest's echo, and from an address to all machines,
 * in the system's Chromium before a real server. Aims: p50 of the echo under 30 ms, 200 machines from a cold cache under a second.
 */
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { launch, noBrowser } from "../../tests/dashboard/chromium.js";
import { host, note } from "../host.js";
import { Installation } from "../service/installation.js";
import { percentile, table } from "../table.js";
import { echoes } from "./echoes.js";
import { paints } from "./paints.js";

export async function dashboard(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      keys: { type: "string", default: "200" },
      machines: { type: "string", default: "200" },
      rounds: { type: "string", default: "9" },
    },
  });
  if (noBrowser) {
    process.stderr.write(`${noBrowser}\n`);
    return 1;
  }
  const installation = await Installation.start();
  let browser: Browser | null = null;
  try {
    browser = await launch();
    const keys = await echoes(browser, installation, Number(values.keys));
    note(`${keys.length} keys were echoed`);
    const rounds = await paints(browser, installation, Number(values.machines), Number(values.rounds));
    const row = (title: string, times: number[]) => [title, ...[50, 95].map((percent) => percentile(times, percent).toFixed(1))];
    process.stdout.write(
      table([
        ["milliseconds", "p50", "p95"],
        row(
          "key to the frame with its echo",
          keys.map(({ frame }) => frame),
        ),
        row(
          "key to its echo on the screen",
          keys.map(({ screen }) => screen),
        ),
        row(
          "address to the first machine, cold cache",
          rounds.map(({ first }) => first),
        ),
        row(
          `address to all ${values.machines} machines, painted`,
          rounds.map(({ all }) => all),
        ),
      ]),
    );
    process.stdout.write(`\n${keys.length} keys, ${rounds.length} rounds. ${host()}\n`);
    return 0;
  } finally {
    await browser?.close();
    await installation.close();
  }
}
