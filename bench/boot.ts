/**
 * `npm run bench -- boot [--runs N] [--engines worldswitch,cold,qemu,v86,v86-nojit] [--limit SECONDS] [--json FILE]`: debian-mini, from the start of
 * the process to init's line on the console, in ours and in its rivals where they are installed. The runs of all engines take turns, so that a machine
 * whose speed drifts drifts for all of them; ratios are taken within a turn.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { READY_LINE } from "../src/images/mini-root.js";
import type { MachineStats } from "../src/vmx/stats.js";
import { type PresentEngine, presentEngine } from "./engines/all.js";
import { host, note } from "./host.js";
import { preparedImage } from "./image.js";
import { type Measurement, measure } from "./measurement.js";
import { spread, table } from "./table.js";

const ENGINES = "worldswitch,cold,qemu,v86,v86-nojit";
/** What says that debian-mini's init is up. */
export const READY = new RegExp(`^${READY_LINE}`, "m");

interface Series extends PresentEngine {
  /** By turn; a failed run has none. */
  runs: (Measurement | undefined)[];
  stats?: MachineStats;
}

/** @returns exit code: 1 where a run failed */
export async function bootBenchmark(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "3" },
      engines: { type: "string", default: ENGINES },
      limit: { type: "string", default: "300" },
      json: { type: "string" },
    },
  });
  const image = await preparedImage("debian-mini");
  const series: Series[] = [];
  for (const name of values.engines.split(",")) {
    const present = await presentEngine(name);
    if (present) series.push({ ...present, runs: [] });
  }

  let failed = false;
  for (let turn = 1; turn <= Number(values.runs); turn++) {
    for (const one of series) {
      const { argv, stats } = await one.engine.command(image);
      const outcome = await measure(argv, READY, Number(values.limit));
      if ("failure" in outcome) {
        failed = true;
        note(`turn ${turn}, ${one.engine.name}: ${outcome.failure}`);
        one.runs.push(undefined);
      } else {
        note(`turn ${turn}, ${one.engine.name}: ${outcome.readySeconds.toFixed(2)} s`);
        one.runs.push(outcome);
        one.stats = await stats?.().catch((error: Error) => {
          note(`turn ${turn}, ${one.engine.name}: no statistics: ${error.message}`);
          return undefined;
        });
      }
    }
  }
  const packages = image.manifest.packages.map(({ name, version }) => `${name} ${version}`).join(", ");
  process.stdout.write(`debian-mini (${packages}), ${image.memoryMiB} MiB\n${host()}\n\n${comparison(series)}\n`);
  for (const { stats } of series) if (stats) process.stdout.write(details(stats));
  if (values.json) await writeFile(values.json, JSON.stringify(series.map(({ engine, ...rest }) => ({ engine: engine.name, ...rest }))));
  return failed ? 1 : 0;
}

function comparison(series: readonly Series[]): string {
  const base = series[0];
  if (!base) return "no engine that could run\n";
  const rows = [
    ["", "runs", "seconds to init", "CPU seconds", "RSS MiB at ready", `time / ${base.engine.name}`, `CPU / ${base.engine.name}`, ""],
  ];
  for (const { engine, version, runs } of series) {
    const done = runs.filter((run) => run !== undefined);
    const of = (figure: (run: Measurement) => number, digits: number) => spread(done.map(figure), digits);
    const ratios = (figure: (run: Measurement) => number) => {
      const pairs = runs.flatMap((run, turn) => {
        const other = base.runs[turn];
        return run && other ? [figure(run) / figure(other)] : [];
      });
      return spread(pairs, 2);
    };
    const seconds = (run: Measurement) => run.readySeconds;
    const cpu = (run: Measurement) => run.cpuSeconds;
    const figures = [of(seconds, 2), of(cpu, 2), of((run) => run.residentMiB, 0), ratios(seconds), ratios(cpu)];
    rows.push([engine.name, String(done.length), ...figures, version]);
  }
  return `${table(rows)}(median, least and greatest; "-" where there is none)\n`;
}

/** Of the last run: what the monitor counted. */
function details(stats: MachineStats): string {
  const million = (count: number) => `${(count / 1e6).toFixed(1)} M`;
  const { cpu, engines: share, interrupts } = stats;
  const switches = Object.entries(stats.worldSwitches)
    .filter(([, { count }]) => count > 0)
    .sort(([, a], [, b]) => b.count - a.count);
  const total = switches.reduce((sum, [, { count }]) => sum + count, 0);
  const rows = [
    ["world switch", "count", "host side, ms"],
    ...switches.map(([reason, { count, timeUs }]) => [reason, String(count), (timeUs / 1000).toFixed(1)]),
  ];
  return [
    `Last run: ${million(cpu.instructions)} instructions (${(share.translated * 100).toFixed(0)} % of them translated), `,
    `${(cpu.instructions / Math.max(cpu.hostCpuUs, 1)).toFixed(0)} MIPS of CPU time, halted ${(cpu.haltedUs / 1e6).toFixed(2)} s, `,
    `${interrupts.delivered} interrupts, ${interrupts.exceptions} exceptions, ${total} world switches\n`,
    table(rows),
  ].join("");
}
