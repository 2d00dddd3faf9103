import { dirname } from "node:path";

/** Names the environment variable that gives vitest.config.ts the files' names. */
export const FIRST = "MUTATION_TESTS_FIRST";

/** Which test files to try first: those that killed mutants of the same source file, then of its folder, the latest first. */
export class LikelyTests {
  readonly #killers = new Map<string, string[]>();

  killed(file: string, testFile: string): void {
    for (const key of [file, dirname(file)]) {
      const others = (this.#killers.get(key) ?? []).filter((name) => name !== testFile);
      this.#killers.set(key, [testFile, ...others]);
    }
  }

  of(file: string): string[] {
    return [...new Set([file, dirname(file)].flatMap((key) => this.#killers.get(key) ?? []))];
  }
}
