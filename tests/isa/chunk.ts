import type { Case, IsaEngine } from "./case.js";
import { directedCases } from "./cases/directed.js";
import { Coverage, type CoverageRow } from "./coverage.js";
import { CaseSource } from "./generate/source.js";
import { judge, type Mismatch, minimize } from "./minimize.js";
import type { HostOracle } from "./oracle/host.js";
import { type Chunk, DIRECTED } from "./plan.js";
import { Random } from "./random.js";
import { describe } from "./report.js";
import { compareBatch, newTally } from "./runner.js";

/** What became of a chunk, as it passes between processes. */
export interface ChunkReport {
  readonly family: string;
  readonly compared: number;
  readonly differing: number;
  /** Cases that weren't judged, by reason. */
  readonly unjudged: Readonly<Record<string, number>>;
  /** Mismatches in cases of one instruction, by form. */
  readonly byForm: Readonly<Record<string, number>>;
  /** A few, as text; those of one kind are alike. */
  readonly shown: readonly { readonly kind: string; readonly text: string }[];
  readonly coverage: readonly CoverageRow[];
}

const SHOWN = 5;

function casesOf({ family, seed, first, count }: Chunk, host: HostOracle, engine: IsaEngine): readonly Case[] {
  if (family === DIRECTED) return directedCases.filter((c) => engine.lacks[c.name ?? ""] === undefined);
  const source = new CaseSource(family, new Random(seed), host.lowPage, first);
  return Array.from({ length: count }, () => source.next());
}

/** Runs a chunk on the host and on the engine. */
export function runChunk(chunk: Chunk, host: HostOracle, engine: IsaEngine): ChunkReport {
  const tally = newTally();
  const coverage = new Coverage();
  compareBatch(casesOf(chunk, host, engine), host, engine, tally, coverage);
  const limit = chunk.family === DIRECTED ? tally.mismatches.length : SHOWN;
  return {
    family: chunk.family,
    compared: tally.compared,
    differing: tally.mismatchCount,
    unjudged: Object.fromEntries(tally.unjudged),
    byForm: byForm(tally.mismatches),
    shown: distinct(tally.mismatches)
      .slice(0, limit)
      .map(([kind, mismatch]) => ({ kind, text: smallest(mismatch, host, engine) })),
    coverage: coverage.rows(),
  };
}

function smallest(mismatch: Mismatch, host: IsaEngine, engine: IsaEngine): string {
  const again = judge(mismatch.case, host, engine);
  const small = again === undefined ? mismatch : minimize(again, host, engine);
  const text = describe(small.case, small.expected, small.actual, small.differences);
  return again === undefined ? `(not when run alone: a case before it in its batch matters)\n${text}` : text;
}

function byForm(mismatches: readonly Mismatch[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { case: c } of mismatches) {
    if (c.instructions.length !== 1) continue;
    const { form, size, memory } = c.instructions[0];
    const name = `${form.title}${size === 0 ? "" : ` (${8 * size})`} ${memory ? "mem" : "reg"}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** One of each kind, short ones first. */
function distinct(mismatches: readonly Mismatch[]): [kind: string, Mismatch][] {
  const seen = new Map<string, Mismatch>();
  for (const mismatch of mismatches) {
    const { instructions, name = "" } = mismatch.case;
    const kind = `${instructions.map(({ form }) => form.mnemonic).join(" ")} ${name} ${mismatch.differences.map(({ field }) => field).join(" ")}`;
    if (!seen.has(kind)) seen.set(kind, mismatch);
  }
  return [...seen].sort(([, a], [, b]) => a.case.instructions.length - b.case.instructions.length);
}
