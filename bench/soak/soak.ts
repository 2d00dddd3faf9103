/** `npm run soak`: mixed load in several machines at once, see `--help`. */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { presentEngine } from "../engines/all.js";
import { host, note } from "../host.js";
import { preparedImage } from "../image.js";
import { guestBoot, nativePass } from "../suite/pass.js";
import { guestPrograms } from "../suite/programs.js";
import { SoakingMachine } from "./machine.js";

const USAGE = `usage: npm run soak [-- --minutes N] [--scale X] [--machines N] [--engine worldswitch|interpreter]
Mixed load in two machines at once, for ten minutes. In each: rows of integer, memory and floating-point work, code that is written and then run, fork and
exec storms, pipes and page faults, in processes beside each other, and talk on the console in both directions. Prints differences from what the
host computes, of which there must be none (exit code 1), and how resident memory and the number of memory maps grew.
`;
const SAMPLES = 10;
const NATIVE_SILENCE_SECONDS = 60;

process.exitCode = await soak(process.argv.slice(2));

async function soak(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { minutes: text, scale: text, machines: text, engine: text, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [minutes, scale, count] = [Number(values.minutes ?? 10), Number(values.scale ?? 0.02), Number(values.machines ?? 2)];
  if (!(minutes > 0 && scale > 0 && count > 0)) throw new Error("--minutes, --scale and --machines are numbers above 0");
  const programs = await guestPrograms();
  if ("missing" in programs) {
    note(`The guest programs cannot be built: ${programs.missing}`);
    return 1;
  }
  const present = await presentEngine(values.engine ?? "worldswitch");
  if (!present) return 1;
  const native = await nativePass(programs.bench, { scale, only: [], silenceSeconds: NATIVE_SILENCE_SECONDS });
  if (native.failures.length > 0) throw new Error(`natively: ${native.failures.join("; ")}`);
  const boot = guestBoot(await preparedImage("debian-mini"), programs.initrd, { scale, soak: 1 });
  const machines = await Promise.all(Array.from({ length: count }, () => SoakingMachine.start(present.engine, boot, native.rows)));
  const started = performance.now();
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const due = (sample / SAMPLES) * minutes;
    await delay(started + due * 60_000 - performance.now());
    for (const machine of machines) machine.sample(due);
    const states = machines.map(
      ({ listener }) => `${listener.rows} rows and ${listener.said} lines, ${listener.differences.length} differences`,
    );
    note(`minute ${due.toFixed(1)}: ${states.join("; ")}`);
  }
  const reports = await Promise.all(machines.map((machine) => machine.end()));
  process.stdout.write(`${host()}\n${reports.map((report, index) => `\nMachine ${index + 1}\n${report}`).join("")}`);
  return machines.every(({ sound }) => sound) ? 0 : 1;
}
