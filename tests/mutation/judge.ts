import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Ended, runNode } from "./bounded-process.js";
import { DIFFERS, NO_HOST } from "./exit-codes.js";
import { FIRST, LikelyTests } from "./likely-tests.js";
import type { Mutation } from "./mutation.js";
import type { Depth } from "./reference.js";
import type { WorkingCopy } from "./working-copy.js";

/** What a mutant was killed by; undefined: it survived. */
export type Verdict = { readonly killedBy: Killer; readonly message: string } | undefined;
export type Killer = "instruction cases" | "tests" | "does not run" | "hangs";

/** A mutant hangs when it takes this many times what the unchanged sources take, but never less than the least: machines are loaded. */
const PATIENCE = 8;
const LEAST_BOUND = 60_000;

const CONFIG = "tests/mutation/vitest.config.ts";
const REPORT = "mutation-report.json";

/** The judges, over one reference and any number of working copies. */
export class Judge {
  readonly #reference = mkdtempSync(join(tmpdir(), "mutation-reference-"));
  readonly #likely = new LikelyTests();
  #bounds = { instructions: LEAST_BOUND, tests: LEAST_BOUND };
  /** Why there is no reference; then instructions are judged by the directed cases only. */
  noHost: string | undefined;

  /** Asks the host for the reference; `copy` is unchanged. */
  async prepare(copy: WorkingCopy): Promise<void> {
    const recorded = await this.#instructions(copy, "record", 600_000);
    if (recorded.code === NO_HOST) this.noHost = recorded.output.trim();
    else if (recorded.code !== 0) throw new Error(`no reference: ${recorded.output}`);
  }

  /** The unchanged sources must survive; how long they take bounds the mutants. */
  async baseline(copy: WorkingCopy): Promise<void> {
    const instructions = await this.#instructions(copy, "sample", 600_000);
    if (instructions.code !== 0) throw new Error(`the unchanged sources fail: ${instructions.output}`);
    const tests = await this.#tests(copy, 600_000);
    if (tests.code !== 0) throw new Error(`the unchanged sources fail: ${firstFailure(copy)?.message ?? tests.output}`);
    this.#bounds = {
      instructions: Math.max(LEAST_BOUND, PATIENCE * instructions.milliseconds),
      tests: Math.max(LEAST_BOUND, PATIENCE * tests.milliseconds),
    };
  }

  /** All judges, the quick ones first. */
  judge(copy: WorkingCopy, mutation: Mutation): Promise<Verdict> {
    return copy.during(
      mutation,
      async () =>
        (await this.#byInstructions(copy, "sample")) ?? (await this.#byTests(copy, mutation)) ?? (await this.#byInstructions(copy, "deep")),
    );
  }

  /** Instruction cases only. */
  judgeQuickly(copy: WorkingCopy, mutation: Mutation): Promise<Verdict> {
    return copy.during(mutation, () => this.#byInstructions(copy, "sample"));
  }

  close(): void {
    rmSync(this.#reference, { recursive: true, force: true });
  }

  async #byInstructions(copy: WorkingCopy, depth: Depth): Promise<Verdict> {
    // The deep reference is ten times as large.
    const { code, output } = await this.#instructions(copy, depth, this.#bounds.instructions * (depth === "deep" ? 10 : 1));
    if (code === 0) return undefined;
    if (code === undefined) return { killedBy: "hangs", message: `in instruction cases` };
    if (code === DIFFERS) return { killedBy: "instruction cases", message: `${output.trim()}${depth === "deep" ? " (deep)" : ""}` };
    return { killedBy: "does not run", message: errorIn(output) };
  }

  async #byTests(copy: WorkingCopy, { file }: Mutation): Promise<Verdict> {
    const { code, output } = await this.#tests(copy, this.#bounds.tests, this.#likely.of(file));
    if (code === 0) return undefined;
    if (code === undefined) return { killedBy: "hangs", message: "in tests" };
    const failure = firstFailure(copy);
    if (failure === undefined) return { killedBy: "does not run", message: errorIn(output) };
    this.#likely.killed(file, failure.testFile);
    return { killedBy: "tests", message: failure.message };
  }

  #instructions(copy: WorkingCopy, mode: Depth | "record", bound: number): Promise<Ended> {
    return runNode(copy.folder, ["--import", "tsx", "tests/mutation/instruction-judge.ts", mode, this.#reference], bound);
  }

  #tests(copy: WorkingCopy, bound: number, first: readonly string[] = []): Promise<Ended> {
    rmSync(join(copy.folder, REPORT), { force: true });
    const report = ["--reporter", "json", "--outputFile", REPORT];
    const args = ["node_modules/vitest/vitest.mjs", "run", "--root", ".", "--config", CONFIG, ...report];
    return runNode(copy.folder, args, bound, { [FIRST]: first.join() });
  }
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** The first test that failed; undefined if Vitest itself did not come to an end. */
function firstFailure(copy: WorkingCopy): { testFile: string; message: string } | undefined {
  const path = join(copy.folder, REPORT);
  if (!existsSync(path)) return undefined;
  const report = JSON.parse(readFileSync(path, "utf8")) as TestReport;
  for (const file of report.testResults) {
    const testFile = basename(file.name);
    const failed = file.assertionResults.find(({ status }) => status === "failed");
    if (failed !== undefined) return { testFile, message: `${testFile}: ${failed.fullName}` };
    if (file.status === "failed") return { testFile, message: `${testFile}: ${errorIn(file.message ?? "")}` };
  }
  return undefined;
}

/** The line of a stack dump that says what happened. */
function errorIn(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== "") ?? "";
}
