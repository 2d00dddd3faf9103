/**
 * `npm run bench`: see `--help`. The engines take turns, so that a machine whose speed drifts drifts for all of them; each is compared with native passes right
 * before its own, and with its rivals within a turn.
 */
import { writeFile } from "node:fs/promises";
import { type PresentEngine, presentEngine } from "../engines/all.js";
import { host, note } from "../host.js";
import { preparedImage } from "../image.js";
import { differences } from "./comparison.js";
import { SUITE_USAGE, type SuiteOptions, suiteOptions } from "./options.js";
import { guestBoot, machinePass, nativePass } from "./pass.js";
import { type GuestPrograms, guestPrograms } from "./programs.js";
import { report, type SuiteRun } from "./report.js";
import { bootStart, installerStart, type Start, timeStart } from "./start.js";

const FULL_SCALE = 1;

/** @returns exit code: 1 where anything failed or checksums differ */
export async function suite(args: string[]): Promise<number> {
  const options = suiteOptions(args);
  if (!options) {
    process.stdout.write(SUITE_USAGE);
    return 0;
  }
  const engines = await chosenEngines(options);
  const programs = options.only === null ? null : await guestPrograms();
  const starts = [...(options.boot ? [await bootStart()] : []), ...(options.installer ? [await installerStart()] : [])];
  const runs: SuiteRun[] = [];
  for (let turn = 1; turn <= options.runs; turn++) {
    for (const engine of engines) {
      const run: SuiteRun = {
        turn,
        engine: engine.engine.name,
        rival: engine.engine.rival,
        version: engine.version,
        scale: engine.scale,
        rows: [],
        native: [],
        starts: {},
        uses: [],
        failures: [],
      };
      if (programs && !("missing" in programs)) await runRows(run, engine, programs, options);
      await runStarts(run, engine, starts, options);
      for (const failure of run.failures) note(`turn ${turn}, ${run.engine}: ${failure}`);
      runs.push(run);
    }
  }
  const missing = programs && "missing" in programs ? `\nTHE ROWS OF THE GUEST PROGRAM ARE LEFT OUT: ${programs.missing}\n` : "";
  process.stdout.write(`${host()}\n\n${report(runs)}${missing}`);
  if (options.json) await writeFile(options.json, JSON.stringify({ host: host(), runs }));
  return missing === "" && runs.every(({ failures }) => failures.length === 0) && differences(runs).length === 0 ? 0 : 1;
}

type ChosenEngine = PresentEngine & { scale: number };

async function chosenEngines(options: SuiteOptions): Promise<ChosenEngine[]> {
  const chosen: ChosenEngine[] = [];
  for (const { name, scale } of options.engines) {
    const present = await presentEngine(name);
    if (present) chosen.push({ ...present, scale });
  }
  return chosen;
}

async function runRows(run: SuiteRun, { engine, scale }: ChosenEngine, programs: GuestPrograms, options: SuiteOptions): Promise<void> {
  const only = options.only ?? [];
  const silenceSeconds = options.limitSeconds;
  const native: SuiteRun["native"][] = [];
  for (const nativeScale of new Set([scale, Math.max(scale, FULL_SCALE)])) {
    const pass = await nativePass(programs.bench, { scale: nativeScale, only, silenceSeconds });
    native.push(pass.rows);
    run.failures.push(...pass.failures.map((failure) => `native: ${failure}`));
  }
  run.native = native.flat();
  // A name that the program doesn't know would fail in every machine, too.
  if (run.failures.length > 0) return;
  const image = await preparedImage("debian-mini");
  const words = { scale, repeats: options.repeats, ...(only.length > 0 ? { rows: only.join(",") } : {}) };
  const { argv, stats } = await engine.command(guestBoot(image, programs.initrd, words));
  const started = performance.now();
  const pass = await machinePass(argv, silenceSeconds);
  await stats?.().catch(() => undefined);
  run.rows = pass.rows;
  run.uses = pass.uses;
  run.failures.push(...pass.failures);
  const seconds = (performance.now() - started) / 1000;
  note(`turn ${run.turn}, ${run.engine}: ${pass.rows.length} rows at scale ${scale} in ${seconds.toFixed(1)} s`);
}

async function runStarts(run: SuiteRun, { engine }: ChosenEngine, starts: readonly Start[], options: SuiteOptions): Promise<void> {
  for (const start of starts) {
    const outcome = await timeStart(start, engine, options.limitSeconds);
    if ("failure" in outcome) run.failures.push(`${start.name}: ${outcome.failure}`);
    else {
      run.starts[start.name] = outcome.readySeconds;
      note(`turn ${run.turn}, ${run.engine}: ${start.name} ${outcome.readySeconds.toFixed(2)} s`);
    }
  }
}
