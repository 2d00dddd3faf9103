/** The suite's tables. */
import type { ResourceUse } from "../resource-use.js";
import { median, spread, table } from "../table.js";
import { differences, type EngineTurn, geometricMean, ratios, slowdowns } from "./comparison.js";

/** All that one engine did in one turn. */
export interface SuiteRun extends EngineTurn {
  turn: number;
  rival: boolean;
  version: string;
  scale: number;
  /** Seconds from the start of the process, by the name of the start. */
  starts: Record<string, number>;
  /** After each repeat of the rows. */
  uses: ResourceUse[];
  failures: string[];
}

interface Column {
  title: string;
  /** By turn: figures by row name. */
  turns: ReadonlyMap<string, number>[];
}

export function report(runs: readonly SuiteRun[]): string {
  const [base, ...others] = [...new Set(runs.map(({ engine }) => engine))];
  if (base === undefined) return "no engine that could run\n";
  return [
    [...new Set(runs.map(({ engine, version, scale }) => `${engine}: ${version}, scale ${scale}\n`))].join(""),
    rowTable(runs, base, others),
    startTable(runs, base, others),
    useTable(runs),
    slower(runs, base),
    checksums(runs),
    ...runs.flatMap(({ turn, engine, failures }) => failures.map((failure) => `FAILED in turn ${turn}, ${engine}: ${failure}\n`)),
  ]
    .filter(Boolean)
    .join("\n");
}

const LEGEND = "(median, least and greatest of the turns; x: times as long as native; a / b: below 1, a is the faster)\n";

function rowTable(runs: readonly SuiteRun[], base: string, others: readonly string[]): string {
  const rows = runs.flatMap((run) => run.rows);
  if (rows.length === 0) return "";
  const columns: Column[] = [
    ...[base, ...others].map((engine) => ({ title: `${engine}, x`, turns: byTurn(runs, engine).map(({ run }) => slowdowns(run)) })),
    ...others.map((engine) => ({ title: `${base} / ${engine}`, turns: pairs(runs, base, engine).map((pair) => ratios(...pair)) })),
  ];
  const lines = [["", "native, ms", ...columns.map(({ title }) => title)]];
  for (const group of new Set(rows.map((row) => row.group))) {
    const names = [...new Set(rows.filter((row) => row.group === group).map(({ name }) => name))];
    for (const name of names) {
      lines.push([`  ${name}`, spread(nativeMs(runs, name), 0), ...columns.map(({ turns }) => figures(turns, [name]))]);
    }
    lines.push([`${group}: geometric mean`, "", ...columns.map(({ turns }) => figures(turns, names))]);
  }
  return `${table(lines)}${LEGEND}`;
}

/** Of one name its own figures, of several their geometric mean in each turn. */
function figures(turns: Column["turns"], names: readonly string[]): string {
  const means = turns.map((turn) => geometricMean(names.map((name) => turn.get(name)).filter((value) => value !== undefined)));
  return spread(
    means.filter((mean) => mean !== undefined),
    2,
  );
}

/** For all of a row's work, as the longest native pass says. */
function nativeMs(runs: readonly SuiteRun[], name: string): number[] {
  const rows = runs.flatMap(({ native }) => native).filter((row) => row.name === name);
  const most = Math.max(...rows.map(({ units }) => units));
  return rows.filter(({ units }) => units === most).map(({ seconds }) => seconds * 1000);
}

function byTurn(runs: readonly SuiteRun[], engine: string): { turn: number; run: SuiteRun }[] {
  return runs.filter((run) => run.engine === engine).map((run) => ({ turn: run.turn, run }));
}

function pairs(runs: readonly SuiteRun[], base: string, other: string): [Map<string, number>, Map<string, number>][] {
  return byTurn(runs, base).flatMap(({ turn, run }) => {
    const found = byTurn(runs, other).find((candidate) => candidate.turn === turn);
    return found ? [[slowdowns(run), slowdowns(found.run)] as [Map<string, number>, Map<string, number>]] : [];
  });
}

function startTable(runs: readonly SuiteRun[], base: string, others: readonly string[]): string {
  const names = [...new Set(runs.flatMap(({ starts }) => Object.keys(starts)))];
  if (names.length === 0) return "";
  const all = (engine: string) => runs.filter((run) => run.engine === engine);
  const lines = [["seconds to", ...[base, ...others], ...others.map((engine) => `${base} / ${engine}`)]];
  for (const name of names) {
    const seconds = (engine: string) => all(engine).flatMap(({ starts }) => (name in starts ? [starts[name]] : []));
    const ratio = (engine: string) =>
      all(base).flatMap(({ turn, starts }) => {
        const other = all(engine).find((run) => run.turn === turn)?.starts[name];
        return name in starts && other !== undefined ? [starts[name] / other] : [];
      });
    const cells = [...[base, ...others].map((engine) => spread(seconds(engine), 2)), ...others.map((engine) => spread(ratio(engine), 2))];
    lines.push([name, ...cells]);
  }
  return table(lines);
}

function useTable(runs: readonly SuiteRun[]): string {
  const lines = [["process after the rows", "RSS MiB", "memory maps", "CPU seconds"]];
  const repeats = Math.max(0, ...runs.map(({ uses }) => uses.length));
  for (const engine of new Set(runs.map((run) => run.engine))) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const uses = runs.filter((run) => run.engine === engine).flatMap((run) => run.uses.slice(repeat, repeat + 1));
      const of = (figure: (use: ResourceUse) => number) => spread(uses.map(figure), 0);
      const title = repeats > 1 ? `${engine}, repeat ${repeat + 1}` : engine;
      lines.push([title, of((use) => use.residentMiB), of((use) => use.memoryMaps), of((use) => use.cpuSeconds)]);
    }
  }
  return repeats > 0 ? table(lines) : "";
}

/** Rows where the better rival needs less time: each wants an explanation. */
function slower(runs: readonly SuiteRun[], base: string): string {
  const typical = (engine: string, name: string) => {
    const values = byTurn(runs, engine).flatMap(({ run }) => slowdowns(run).get(name) ?? []);
    return values.length > 0 ? median(values) : undefined;
  };
  const rivals = [...new Set(runs.filter(({ rival }) => rival).map(({ engine }) => engine))];
  const names = [...new Set(byTurn(runs, base).flatMap(({ run }) => run.rows.map(({ name }) => name)))];
  const behind = names.flatMap((name) => {
    const ours = typical(base, name);
    const theirs = rivals.map((engine) => typical(engine, name)).filter((value) => value !== undefined);
    const ratio = ours !== undefined && theirs.length > 0 ? ours / Math.min(...theirs) : 0;
    return ratio > 1 ? [{ name, ratio }] : [];
  });
  if (behind.length === 0) return "";
  const list = behind.sort((a, b) => b.ratio - a.ratio).map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`);
  return `${base} is slower than the better rival in ${behind.length} of ${names.length} rows: ${list.join(", ")}\n`;
}

function checksums(runs: readonly SuiteRun[]): string {
  const found = differences(runs);
  if (found.length === 0) return runs.some(({ rows }) => rows.length > 0) ? "All checksums are equal.\n" : "";
  const lines = found.map(({ name, units, checksums }) => {
    const who = [...checksums].map(([checksum, by]) => `${checksum} (${[...by].join(", ")})`);
    return `  ${name}, ${units} units: ${who.join(" against ")}`;
  });
  return `CHECKSUMS DIFFER:\n${lines.join("\n")}\n`;
}
