/** The options of `npm run bench`. */
import { parseArgs } from "node:util";

export const SUITE_USAGE = `usage: npm run bench [-- options]
Runs our guest programs on this host, in our machine and in its rivals, and prints the slowdowns against the host and the ratios to each rival.

  --runs N              turns, of which each engine has one run in each; default 3
  --repeats N           passes over the rows in each machine, to see whether it grows; the last one's times count; default 1
  --scale X             share of each row's full work, default 1
  --engines LIST        worldswitch,cold,qemu,v86 by default; also interpreter (ours), forced-bt, v86-nojit; with a scale of its own:
                        v86-nojit:0.02. The first is compared with the others. cold is ours without translations of earlier runs
  --forced-bt           our machine a second time, with all code by binary translation
  --only LIST           groups or rows: integer, memory, x87, sse2, kernel, fresh-code, sieve, fork ... and boot
  --installer           Debian's installer to its first dialog, too
  --limit SECONDS       a run that says nothing for so long has failed, default 300
  --json FILE           all that was measured
`;

const OURS = "worldswitch";

export interface EngineChoice {
  name: string;
  scale: number;
}

export interface SuiteOptions {
  runs: number;
  repeats: number;
  engines: EngineChoice[];
  /** Names of groups and rows of the guest program; none for all; null for no row of it. */
  only: string[] | null;
  boot: boolean;
  installer: boolean;
  limitSeconds: number;
  json?: string;
}

/** @returns null when help is asked for. @throws Error */
export function suiteOptions(args: readonly string[]): SuiteOptions | null {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: text,
      repeats: text,
      scale: text,
      engines: text,
      "forced-bt": flag,
      only: text,
      installer: flag,
      limit: text,
      json: text,
      help: flag,
    },
  });
  if (values.help) return null;
  const scale = positive("--scale", values.scale ?? "1");
  const engines = (values.engines ?? `${OURS},cold,qemu,v86`).split(",").map((word): EngineChoice => {
    const [name, own] = word.split(":");
    return { name, scale: own === undefined ? scale : positive(`the scale of ${name}`, own) };
  });
  if (values["forced-bt"]) engines.push({ name: "forced-bt", scale: engines.find(({ name }) => name === OURS)?.scale ?? scale });
  const named = values.only?.split(",");
  const rows = named?.filter((name) => name !== "boot");
  return {
    runs: positive("--runs", values.runs ?? "3"),
    repeats: positive("--repeats", values.repeats ?? "1"),
    engines,
    only: rows === undefined ? [] : rows.length > 0 ? rows : null,
    boot: named === undefined || named.includes("boot"),
    installer: values.installer ?? false,
    limitSeconds: positive("--limit", values.limit ?? "300"),
    json: values.json,
  };
}

function positive(what: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${what} is a number above 0, and not ${JSON.stringify(text)}`);
  return value;
}
