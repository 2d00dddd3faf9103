import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { DEFAULT_ENGINE, engines } from "./engine.js";
import { familyNames } from "./generate/source.js";

export interface Options {
  readonly cases: number;
  readonly seed: number;
  /** Undefined: all that the engine can agree in. */
  readonly families: readonly string[] | undefined;
  readonly engine: string;
  readonly jobs: number;
  /** Print the coverage table in full. */
  readonly coverage: boolean;
}

export const usage = `usage: npm run test:isa -- [--cases N] [--seed S] [--family F[,F]] [--engine E] [--jobs J] [--coverage]
families: ${familyNames.join(" ")}
engines: ${Object.keys(engines).join(" ")}`;

/** @throws Error that says what is wrong with the arguments. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: "string", default: "200000" },
      seed: { type: "string", default: String(Date.now() & 0x7fffffff) },
      family: { type: "string" },
      engine: { type: "string", default: DEFAULT_ENGINE },
      jobs: { type: "string", default: String(availableParallelism()) },
      coverage: { type: "boolean", default: false },
    },
  });
  const families = values.family?.split(",");
  for (const family of families ?? []) if (!familyNames.includes(family)) throw new Error(`no family ${family}`);
  if (!Object.hasOwn(engines, values.engine)) throw new Error(`no engine ${values.engine}`);
  return {
    cases: wholeNumber("--cases", values.cases, 0),
    seed: wholeNumber("--seed", values.seed, 0),
    families,
    engine: values.engine,
    jobs: wholeNumber("--jobs", values.jobs, 1),
    coverage: values.coverage,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)) || Number(text) < least)
    throw new Error(`${name} takes a whole number from ${least}, not ${text}`);
  return Number(text);
}
