/** Figures out of passes: slowdowns for each unit of work, their geometric means by group, and checksums that differ. */
import type { Row } from "./row.js";

/** What one engine did in one turn, with the host's own processor beside it. */
export interface EngineTurn {
  engine: string;
  rows: readonly Row[];
  /** Native passes of the same turn: one with as many units as the engine's, and maybe a longer one, which is the better measure of time. */
  native: readonly Row[];
}

/** How many times as long as the host's own processor, by row name. */
export function slowdowns({ rows, native }: EngineTurn): Map<string, number> {
  const result = new Map<string, number>();
  for (const { name, seconds, units } of rows) {
    const [longest] = native.filter((row) => row.name === name).sort((a, b) => b.units - a.units);
    if (longest) result.set(name, seconds / units / (longest.seconds / longest.units));
  }
  return result;
}

/** Of the names that both have. */
export function ratios(ours: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): Map<string, number> {
  const result = new Map<string, number>();
  for (const [name, value] of ours) {
    const rival = other.get(name);
    if (rival !== undefined) result.set(name, value / rival);
  }
  return result;
}

/** undefined of nothing. */
export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export interface Difference {
  name: string;
  units: number;
  /** Who came to which checksum. */
  checksums: Map<string, Set<string>>;
}

/** Rows of as many units whose checksums are not all the same, native ones and those of every engine and turn. */
export function differences(turns: readonly EngineTurn[]): Difference[] {
  const all = new Map<string, Difference>();
  const add = (who: string, { name, units, checksum }: Row) => {
    const key = `${name} ${units}`;
    const found = all.get(key) ?? { name, units, checksums: new Map<string, Set<string>>() };
    all.set(key, found);
    found.checksums.set(checksum, (found.checksums.get(checksum) ?? new Set()).add(who));
  };
  for (const { engine, rows, native } of turns) {
    for (const row of native) add("native", row);
    for (const row of rows) add(engine, row);
  }
  return [...all.values()].filter(({ checksums }) => checksums.size > 1);
}
